# SPDX-License-Identifier: GPL-2.0-only
#
# Building bench/hook. Sourced at the top of the tree, after tests/kernels.sh; never run.

# build_hook: manx_bench.ko for the kernel of manx_kernel, in build/bench/<release>
build_hook() {
	local dir=$PWD/build/bench/$kernel_release

	mkdir -p "$dir"
	ln -sf "$PWD"/bench/hook/* "$PWD/bench/mark.h" "$dir"
	make -s -C "$kernel_headers" M="$dir" W=1 modules
}
