# SPDX-License-Identifier: GPL-2.0-only
#
# What the suites said, from the log of the kernel that ran them (KTAP, see
# Documentation/dev-tools/ktap.rst): failed cases with their messages, complaints of the
# kernel, the counts. Status 0 if something ran and nothing failed.
#
# A suite's cases stand four columns in; between two of them is what was said about the
# second. Suites that were announced and not run to their end have failed.

function fail(what) {
	failed++
	print "FAIL " what
}

# A complaint and what follows it, up to the end of its trace.
function complaint(line) {
	if (line ~ /^(WARNING|BUG|Oops|Kernel panic|UBSAN|ODEBUG|INFO: |refcount_t|unregister_netdevice)/)
		return 1
	return line ~ /KASAN|suspicious RCU|^manx: (leaked|given up)|ref_tracker|stack-protector/
}

{ sub(/\r$/, "") }

complaint($0) {
	fail($0)
	left = 40
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
	said = ""
	suites++
	next
}
/^    ok [0-9]+ / {
	if (/# SKIP/)
		fail(suite "." $3 " was skipped: " $0)
	else
		passed++
	cases++
	said = ""
	next
}
/^    not ok [0-9]+ / {
	fail(suite "." $4)
	printf "%s", said
	said = ""
	next
}
/^(not )?ok [0-9]+ / {
	failed_here = failed - failed_before
	print ($1 == "ok" ? "ok " : "not ok ") suite
	suite = said = ""
	next
}
/^manx: end of tests/ { ended = 1 }
suite { said = said "    " $0 "\n" }

END {
	if (!ended) {
		fail("the kernel did not reach the end" (suite ? ", it was in suite " suite : ""))
		printf "%s", said
	}
	if (!passed && !failed)
		fail("no case ran")
	print passed + 0 " passed, " failed + 0 " failed"
	exit failed > 0
}
