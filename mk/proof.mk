# SPDX-License-Identifier: GPL-2.0-only
# What is looked for in every state, and with every input.

.PHONY: model
model: deps			## the protocol of address management, checked with spin; about three minutes
	@tests/model/run
