// SPDX-License-Identifier: Apache-2.0

// Package reporter reports the health and the load of an application to Pharos, or
// to a Vigil, by Vigil's Reporter protocol.
//
// [Start] is all that most applications need. What is not there for applications,
// such as sending one report by itself, is [Client].
package reporter
