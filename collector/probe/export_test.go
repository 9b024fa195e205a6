// SPDX-License-Identifier: Apache-2.0

package probe

// What the tests of this package see, and others do not.
var (
	DialFailure = dialFailure
)
