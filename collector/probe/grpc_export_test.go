// SPDX-License-Identifier: Apache-2.0

package probe

// Serving reads the message of an answer.
var Serving = serving
