# SPDX-License-Identifier: GPL-2.0-only
#
# Fetching Debian's packages into the cache, for tests/deps.sh and tests/source.sh.
# Sourced, never run; the caller sets me, its name in messages.

# Debian's kernel sources
source_package=linux-source-6.12

say() { echo "$me: $*" >&2; }
die() { say "$*"; exit 1; }

# Lists of packages may be absent on a fresh machine, or name versions that Debian no
# longer keeps: renewed once, before the first thing that needs them.
apt_updated=
apt_update() {
	[ "$apt_updated" ] && return
	apt_updated=1
	if [ "$(id -u)" = 0 ]; then
		say "updating the lists of packages"
		apt-get -q update >&2
	fi
}

# candidate PACKAGE: the version that apt would fetch.
candidate() {
	apt-cache policy "$1" | sed -n 's/^  Candidate: //p'
}

# fetch DIR PACKAGE...: downloads packages into DIR. Without the sandbox user, who may
# not write to DIR; apt still checks every signature.
fetch() (
	cd "$1"
	shift
	apt-get -q -o APT::Sandbox::User= download "$@" >&2
)

# publish DIR VERSION LINK: a finished directory gets its name and its link, each in one
# step, so that whatever is in the cache under its name is whole.
publish() {
	local parent
	parent=$(dirname "$3")

	chmod 755 "$1"
	rm -rf "${parent:?}/$2"
	mv -T "$1" "$parent/$2"
	ln -sfn "$2" "$3.new"
	mv -T "$3.new" "$3"
}
