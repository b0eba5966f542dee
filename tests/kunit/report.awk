# SPDX-License-Identifier: GPL-2.0-only
#
# What the suites said, from the log of the kernel that ran them (KTAP, see
# Documentation/dev-tools/ktap.rst): failed cases with their messages, complaints of the
# kernel, the counts. Status 0 if something ran and nothing failed.
#
# A suite's cases stand four columns in; between two of them is what was said about the
# second. Whoever does not reach the end has failed. root is left out of file names.

function fail(what) {
	failed++
	print "FAIL " what
}

# A complaint and what follows it, up to the end of its trace.
function complaint(line) {
	if (line ~ /lockdep is turned off/)
		return 0
	if (line ~ /^(WARNING|BUG|Oops|Kernel panic|UBSAN|ODEBUG|INFO: |refcount_t|unregister_netdevice)/)
		return 1
	return line ~ /KASAN|suspicious RCU|^manx: (leaked|given up)|ref_tracker|stack-protector/
}

{
	sub(/\r$/, "")
	while (root && (at = index($0, root)))
		$0 = substr($0, 1, at - 1) substr($0, at + length(root))
}
# found on the stack, but nobody's return address
/^ \[<[0-9a-f]+>\] \? / { next }
/^manx: end of tests/ { ended = 1 }

complaint($0) {
	fail($0)
	left = /^manx:/ ? 0 : 80
	next
}
left > 0 && !/^ *(ok|not ok|#|KTAP)/ {
	print "     " $0
	left--
	next
}
{ left = 0 }

/^ *# Subtest: / && !suite {
	suite = $3
	said = last = ""
	next
}
/^    ok [0-9]+ / {
	if (/# SKIP/)
		fail(suite "." $3 " was skipped: " $0)
	else
		passed++
	said = ""
	last = $3
	next
}
/^    not ok [0-9]+ / {
	fail(suite "." $4)
	printf "%s", said
	said = ""
	last = $4
	next
}
/^(not )?ok [0-9]+ / {
	print ($1 == "ok" ? "ok " : "not ok ") suite
	suite = said = ""
	next
}
suite { said = said "    " $0 "\n" }

END {
	if (!ended) {
		fail("the kernel did not reach the end" (suite ? ", it was in suite " suite : "") \
		     (last ? ", behind case " last : ""))
		printf "%s", said
	}
	if (!passed && !failed)
		fail("no case ran")
	print passed + 0 " passed, " failed + 0 " failed"
	exit failed > 0
}
