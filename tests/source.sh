# SPDX-License-Identifier: GPL-2.0-only
#
# Kernels of our own, from Debian's sources: for tests/kunit/kernel and tests/vm/kernel.
# Sourced, never run, by a script that has set
#
#	me	its name in messages
#	cache	a directory of the cache outside the tree
#	arch	what make ARCH= takes
#	config	the file of what the kernel has beyond allnoconfig
#
# and that calls provide with its arguments. What comes of it is kept in $cache, one
# directory for each version of the sources, configuration, script and compiler.

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/kernels.sh"
. "$here/fetch.sh"

# Sources that no configuration here uses, left packed: three quarters of them.
unused=(
	'*/Documentation/[a-z]*' '*/tools/testing' '*/arch/*/boot/dts'
	'*/drivers/gpu/*.[ch]' '*/drivers/media/*.[ch]' '*/drivers/scsi/*.[ch]'
	'*/drivers/net/ethernet/*.[ch]' '*/drivers/net/wireless/*.[ch]' '*/sound/*.[ch]'
)

unpack_sources() {
	say "fetching $source_package ($version)"
	mkdir "$work/deb" "$work/src" "$work/root"
	fetch "$work/deb" "$source_package"
	say "unpacking"
	dpkg-deb --fsys-tarfile "$work"/deb/*.deb |
		tar -xO "./usr/src/$source_package.tar.xz" |
		tar -xJ -C "$work/src" --strip-components=1 "${unused[@]/#/--exclude=}"
	rm -r "$work/deb"
}

configure() {
	local option

	make -s -C "$work/src" ARCH="$arch" KCONFIG_ALLCONFIG="$config" allnoconfig > /dev/null
	for option in $(grep '^CONFIG_' "$config"); do
		grep -qxF "$option" "$work/src/.config" || die "not to be had: $option"
	done
}

# compile MINUTES ARGUMENT...: make with these, in the sources; leaves $log
compile() {
	local minutes=$1

	shift
	log=$cache/build.log
	say "building the kernel: about $minutes minutes on two processors, once (log: $log)"
	if ! make -C "$work/src" -j"$(nproc)" ARCH="$arch" "$@" > "$log" 2>&1; then
		tail -n 20 "$log" >&2
		die "the kernel does not build"
	fi
}

# keep DIR FILE...: files of the built tree, into a directory
keep() {
	local dir=$1

	shift
	mkdir -p "$dir"
	(cd "$work/src" && tar -c "$@") | tar -x -C "$dir"
}

# provide SCRIPT BUILD [--update]: prints the directory that BUILD, a function, has filled as
# $work/root from the configured sources in $work/src; calls it if there is no such
# directory, with --update also if Debian has newer sources. $hash tells it from others.
provide() {
	local script=$1 build=$2 link update= version work

	case ${3-} in
	'') ;;
	--update) update=1 ;;
	*) die "usage: $script [--update]" ;;
	esac
	unset MAKEFLAGS MAKELEVEL
	mkdir -p "$cache"
	exec 9> "$cache/lock"
	flock 9

	hash=$(cat "$config" "$script" "${BASH_SOURCE[0]}" <(gcc --version) | sha1sum | cut -c 1-10)
	link=$cache/$hash
	if [ "$update" ] || [ ! -e "$link" ]; then
		apt_update
		version=$(candidate "$source_package")
		[ "$version" ] ||
			die "no package $source_package: is bookworm-security among apt's sources?"
		if [ "$(readlink "$link")" != "$version-$hash" ]; then
			rm -rf "$cache"/.build.*	# what an interrupted run left
			work=$(mktemp -d "$cache/.build.XXXXXX")
			unpack_sources
			configure
			"$build"
			publish "$work/root" "$version-$hash" "$link"
			rm -rf "$work"
		fi
	fi
	readlink -e "$link"
}
