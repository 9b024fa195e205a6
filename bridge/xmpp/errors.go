// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"fmt"
	"slices"
)

// stanzaError returns what a stanza of the type error says.
func stanzaError(e *element) *Error {
	inner := e.child(nsClient, "error")
	if inner == nil {
		return &Error{Err: fmt.Errorf("an answer that can't be understood: <%s type=%q>", shortened(e.name.Local), shortened(e.get("type")))}
	}
	condition, kind := shortened(inner.condition(nsStanzas)), inner.get("type")
	text := shortened(inner.childText(nsStanzas, "text"))
	if text != "" {
		text = " (" + text + ")"
	}
	return &Error{Err: fmt.Errorf("%s%s", condition, text), Refused: permanent(kind, condition)}
}

// permanent tells whether an error will be the same the next time. Servers call some
// of their own troubles, and those of the network between them, final as well.
func permanent(kind, condition string) bool {
	passing := []string{"remote-server-not-found", "remote-server-timeout", "internal-server-error", "resource-constraint", "undefined-condition"}
	return slices.Contains([]string{"cancel", "auth", "modify"}, kind) && !slices.Contains(passing, condition)
}

// unsure marks an error that came after a message was written.
func unsure(err error) *Error { return &Error{Err: err, Unsure: true} }
