// SPDX-License-Identifier: Apache-2.0

package generate

import "github.com/pharos-status/pharos/rules/alerting"

// AtLeast is atLeast, for tests.
func AtLeast(n int) string { return atLeast(n) }

// Steps is steps, for tests.
func Steps(r *alerting.Reminders) string { return steps(r) }
