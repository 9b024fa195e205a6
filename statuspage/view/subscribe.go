// SPDX-License-Identifier: Apache-2.0

package view

import (
	"io"

	"github.com/pharos-status/pharos/statuspage"
)

// A SubscribeStep is what the visitor sees of /subscribe and /unsubscribe.
type SubscribeStep string

// The steps of a subscription.
const (
	SubscribeForm SubscribeStep = ""             // the forms that begin one
	SubscribeSent SubscribeStep = "sent"         // a mail was sent that asks to confirm
	SubscribeDone SubscribeStep = "done"         // it is confirmed; or a webhook was added
	SubscribeEdit SubscribeStep = "edit"         // the choices of one that there is, and a button that ends it
	Unsubscribe   SubscribeStep = "unsubscribe"  // a button that ends it
	Unsubscribed  SubscribeStep = "unsubscribed" // it has ended
)

// A SubscribeState is what the pages of a subscription show.
//
// The forms post to /subscribe (kind=email with email, or kind=webhook with url),
// to /subscribe/manage (token) and to /unsubscribe (token). The choices are
// component, once for each Ref, none for all of the page; and major=on.
type SubscribeState struct {
	Step   SubscribeStep
	Kind   string            // "email" or "webhook": whose form was sent
	Email  string            // as the visitor wrote it
	URL    string            // of the webhook, likewise
	Chosen []statuspage.Ref  // empty: all
	Major  bool              // major incidents only
	Token  string            // of the subscription to change or to end
	Secret string            // that signs the webhook's messages; told once, when it is done
	Errors map[string]string // by the name of the field, in the visitor's language: email, url, component
}

// SubscribePage writes a page of a subscription.
func SubscribePage(w io.Writer, p statuspage.Page, s SubscribeState, o Options) error { return nil }
