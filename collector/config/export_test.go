// SPDX-License-Identifier: Apache-2.0

package config

import "reflect"

// Build is what Load does with a file once it is read.
var Build = build

// What is done with the URL of a replica.
var (
	ParseTarget  = parseTarget
	ModuleTarget = moduleTarget
	PublicName   = publicName
)

// Document is what may be written.
var Document = reflect.TypeFor[document]()
