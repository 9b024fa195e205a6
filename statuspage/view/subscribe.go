// SPDX-License-Identifier: Apache-2.0

package view

import (
	"io"
	"slices"

	"github.com/pharos-status/pharos/statuspage"
)

// A SubscribeStep is what the visitor sees of /subscribe and /unsubscribe.
type SubscribeStep string

// The steps of a subscription.
const (
	SubscribeForm SubscribeStep = "form"         // the forms that begin one; also the zero step
	SubscribeSent SubscribeStep = "sent"         // a message was sent that asks to confirm
	SubscribeAsk  SubscribeStep = "ask"          // a button that confirms: mail scanners follow links, but press no buttons
	SubscribeDone SubscribeStep = "done"         // it is confirmed; or a webhook was added
	SubscribeEdit SubscribeStep = "edit"         // the choices of one that there is, and a button that ends it
	Unsubscribe   SubscribeStep = "unsubscribe"  // a button that ends it
	Unsubscribed  SubscribeStep = "unsubscribed" // it has ended
)

// A SubscribeState is what the pages of a subscription show.
//
// The forms post to /subscribe (kind=email with email, or kind=webhook with url),
// to /subscribe/confirm (token), to /subscribe/manage (token) and to /unsubscribe
// (token). The choices are component, once for each Ref, none for all of the page;
// and major=on.
type SubscribeState struct {
	Step   SubscribeStep
	Kind   string            // "email" or "webhook": whose form was sent
	Email  string            // as the visitor wrote it
	URL    string            // of the webhook, likewise
	Chosen []statuspage.Ref  // empty: all
	Major  bool              // major incidents only
	Token  string            // of the subscription to confirm, to change or to end
	Secret string            // that signs the webhook's messages; told once, when it is done
	Saved  bool              // the choices were just changed
	Errors map[string]string // by the name of the field, in the visitor's language: email, url, component; "" for the whole
}

// What the template shows of a subscription.
type subscribing struct {
	Heading, Text  string
	Email, Webhook bool // are offered
	State          SubscribeState
	Choices        []choice
}

type choice struct {
	Ref, Label string
	Service    bool
	Chosen     bool
}

// SubscribePage writes a page of a subscription.
func SubscribePage(w io.Writer, p statuspage.Page, s SubscribeState, o Options) error {
	d := newDocument(p, o)
	d.Token = s.Token
	if s.Step == "" {
		s.Step = SubscribeForm
	}
	body := subscribing{
		Email: o.Subscribe.Email, Webhook: o.Subscribe.Webhook, State: s,
		Heading: d.T("subscribe." + string(s.Step) + ".title"), Text: d.T("subscribe." + string(s.Step) + ".text"),
	}
	if s.Step == SubscribeDone && s.Secret != "" {
		body.Text = d.T("subscribe.done.webhook")
	}
	if s.Step == SubscribeSent && s.Kind == "webhook" {
		body.Heading, body.Text = d.T("subscribe.sent.webhook.title"), d.T("subscribe.sent.webhook.text")
	}
	if s.Step == SubscribeForm || s.Step == SubscribeEdit {
		body.Choices = d.choices(s.Chosen)
	}
	d.Title, d.NoRobots, d.Body = body.Heading, s.Step != SubscribeForm || p.Private, body
	return d.execute(w, "subscribe.html")
}

// choices returns the components to choose from: each service, and each of its nodes
// where it has several.
func (d *document) choices(chosen []statuspage.Ref) []choice {
	var all []choice
	for _, s := range d.p.Services {
		whole := statuspage.Ref{Service: s.ID}
		all = append(all, choice{whole.String(), s.Label, true, slices.Contains(chosen, whole)})
		if len(s.Nodes) < 2 {
			continue
		}
		for _, n := range s.Nodes {
			r := statuspage.Ref{Service: s.ID, Node: n.ID}
			all = append(all, choice{r.String(), n.Label, false, slices.Contains(chosen, r)})
		}
	}
	return all
}
