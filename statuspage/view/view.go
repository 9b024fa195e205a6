// SPDX-License-Identifier: Apache-2.0

// Package view draws the pages that people see: HTML with its style, script and
// charts. Every view is a function of one [statuspage.Page] and writes all of its
// output or none; formats for programs are left to package format, and when to
// draw and how to serve the bytes to package server.
package view

import (
	"errors"
	"net/url"
	"time"

	"github.com/pharos-status/pharos/statuspage/words"
)

// ErrNotThere is the error of a view of something that the page does not have.
var ErrNotThere = errors.New("the page has no such thing")

// Options are what a view depends on besides the page.
type Options struct {
	Words     *words.Words             // English if nil
	Link      func(path string) string // turns a path such as "/history" into what an href holds; nil: the path itself
	Live      bool                     // there is a server that sends /events; false in an export
	Subscribe Subscribe
	Languages []string  // tags to choose from by ?lang=xx; empty if the page has one language
	Until     time.Time // of a copy: when it is too old to be believed; zero: never
	Unknown   string    // of a copy: the address of the page that is true from then on
	Chosen    bool      // the visitor chose the language by ?lang=xx: links keep it
}

// Subscribe says how visitors may subscribe, besides by feeds and the calendar.
type Subscribe struct{ Email, Webhook bool }

// Paths of pages that have a permalink. They begin with a slash, and are what a
// Link of [Options] is given.

// MonthPath returns the path of the history of a month.
func MonthPath(month time.Time) string { return "/history/" + month.UTC().Format("2006-01") }

// IncidentPath returns the path of an incident.
func IncidentPath(id string) string { return "/incidents/" + url.PathEscape(id) }

// MaintenancePath returns the path of a maintenance.
func MaintenancePath(id string) string { return "/maintenance/" + url.PathEscape(id) }

// ServicePath returns the path of a service.
func ServicePath(service string) string { return "/services/" + url.PathEscape(service) }
