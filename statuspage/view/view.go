// SPDX-License-Identifier: Apache-2.0

// Package view draws the pages that people see: HTML with its style, script and
// charts. Every view is a function of one [statuspage.Page] and writes all of its
// output or none; formats for programs are left to package format, and when to
// draw and how to serve the bytes to package server.
package view

import (
	"errors"
	"io"
	"net/url"
	"time"

	"github.com/pharos-status/pharos/statuspage"
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
	Languages []string // tags to choose from by ?lang=xx; empty if the page has one language
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

// Index writes the page itself. It works without JavaScript; with it, the page
// keeps itself up to date.
func Index(w io.Writer, p statuspage.Page, o Options) error { return nil }

// History writes what happened in the month that begins at month (UTC), the newest
// if that is zero. Without anything to show in that month it fails with [ErrNotThere].
func History(w io.Writer, p statuspage.Page, month time.Time, o Options) error { return nil }

// Months returns the first days of the months (UTC) that have a history, newest
// first. The month of the page is always among them.
func Months(p statuspage.Page) []time.Time { return nil }

// Incident writes the page of an incident. It may fail with [ErrNotThere].
func Incident(w io.Writer, p statuspage.Page, id string, o Options) error { return nil }

// Maintenance writes the page of a maintenance. It may fail with [ErrNotThere].
func Maintenance(w io.Writer, p statuspage.Page, id string, o Options) error { return nil }

// Service writes the page of a service with its charts. It may fail with [ErrNotThere].
func Service(w io.Writer, p statuspage.Page, service string, o Options) error { return nil }

// NotFound writes the page for a path that there is not.
func NotFound(w io.Writer, p statuspage.Page, o Options) error { return nil }

// Problem writes a small page that says one thing, with the HTTP code that it is
// sent with: what went wrong, or what was done. Title and text are in the
// visitor's language.
func Problem(w io.Writer, p statuspage.Page, code int, title, text string, o Options) error {
	return nil
}

// Login writes the page that asks for the password of a private page. It tells
// nothing of the page but its brand. Its form posts "password" and "next", the
// path to go on to, to /login.
func Login(w io.Writer, p statuspage.Page, failed bool, next string, o Options) error { return nil }
