// SPDX-License-Identifier: Apache-2.0

package config

// Build is what Load does with a file once it is read.
var Build = build
