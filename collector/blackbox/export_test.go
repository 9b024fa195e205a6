// SPDX-License-Identifier: Apache-2.0

package blackbox

// Redacted is redacted.
func Redacted(target string) string { return redacted(target) }

// Printable is printable.
func Printable(text string) string { return printable(text) }

// DecodeTwice is decodeTwice.
func DecodeTwice(target string) string { return decodeTwice(target) }
