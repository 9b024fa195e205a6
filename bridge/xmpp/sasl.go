// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"
)

// maxIterations bounds the work that the server can make of the password: it is ten
// times as much as anybody asks for, and takes less than a second.
const maxIterations = 1_000_000

// A mechanism is a way to log in.
type mechanism struct {
	name    string
	hash    scram.HashGeneratorFcn // nil: the password itself is sent
	binding bool                   // to the TLS connection
}

// mechanisms are those we know, the best one first: that the proof is good for this
// connection alone counts for more than the hash.
func mechanisms() []mechanism {
	return []mechanism{
		{"SCRAM-SHA-256-PLUS", scram.SHA256, true},
		{"SCRAM-SHA-1-PLUS", scram.SHA1, true},
		{"SCRAM-SHA-256", scram.SHA256, false},
		{"SCRAM-SHA-1", scram.SHA1, false},
		{"PLAIN", nil, false},
	}
}

// login proves to the server that we know the password, and lets it prove the same.
func (c *Client) login(s *stream, state tls.ConnectionState) error {
	var offered []string
	if list := s.features.child(nsSASL, "mechanisms"); list != nil {
		for _, m := range list.children {
			offered = append(offered, strings.TrimSpace(m.text))
		}
	}
	var binding scram.ChannelBinding
	if !c.o.Unbound {
		binding = channelBinding(&s.features, state)
	}
	chosen, err := c.choose(offered, binding)
	if err != nil {
		return err
	}
	if chosen.hash == nil {
		return s.authenticate(chosen.name, plain{c.o.JID.Local, c.o.Password})
	}
	client, err := chosen.hash.NewClient(c.o.JID.Local, c.o.Password, "")
	if err != nil {
		return errors.New("the account or its password can't be used to log in")
	}
	err = s.authenticate(chosen.name, conversation(client, chosen, offered, binding))
	if of, ok := errors.AsType[*Error](err); ok && of.Refused && chosen.binding {
		// Going on without is not for us to decide: it is what somebody in between wants.
		return &Error{Refused: true, Err: fmt.Errorf("%w; if the password is right, and the server can't bind logins to TLS, as behind a proxy that ends it, set channel_binding to false", err)}
	}
	return err
}

// choose returns the best mechanism that the server and we know.
func (c *Client) choose(offered []string, binding scram.ChannelBinding) (mechanism, error) {
	for _, m := range mechanisms() {
		if !slices.Contains(offered, m.name) || m.binding && !binding.IsSupported() || m.hash == nil && !c.o.AllowPlain {
			continue
		}
		return m, nil
	}
	if c.o.Unbound && offersBinding(offered) {
		return mechanism{}, errors.New("the server offers no SCRAM without channel binding; set channel_binding to true")
	}
	if slices.Contains(offered, "PLAIN") {
		return mechanism{}, errors.New("the server offers no SCRAM; set allow_plain if it is to get the password itself")
	}
	return mechanism{}, fmt.Errorf("the server offers no way to log in that is known here: SCRAM-SHA-256 or SCRAM-SHA-1, each with -PLUS or without; it offers %s",
		shortened(strings.Join(offered, ", ")))
}

// conversation returns a run of SCRAM. If we could bind it to the connection and the
// server seems not to be able to, we say so: a server that is finds out that
// somebody in between took its offer away.
func conversation(client *scram.Client, chosen mechanism, offered []string, binding scram.ChannelBinding) dialog {
	switch {
	case chosen.binding:
		return client.NewConversationWithChannelBinding(binding)
	case binding.IsSupported() && !offersBinding(offered):
		return client.NewConversationAdvertisingChannelBinding()
	}
	return client.NewConversation()
}

func offersBinding(offered []string) bool {
	return slices.ContainsFunc(offered, func(name string) bool { return strings.HasPrefix(name, "SCRAM-") && strings.HasSuffix(name, "-PLUS") })
}

// channelBinding returns what names this connection and no other, in the best way
// that the server knows (XEP-0440); if it does not say, in that of the version of TLS.
func channelBinding(features *element, state tls.ConnectionState) scram.ChannelBinding {
	var known []string
	if list := features.child(nsBinding, "sasl-channel-binding"); list != nil {
		for _, c := range list.children {
			known = append(known, c.get("type"))
		}
	} else if state.Version >= tls.VersionTLS13 {
		known = []string{string(scram.ChannelBindingTLSExporter)}
	} else {
		known = []string{string(scram.ChannelBindingTLSUnique)}
	}
	var binding scram.ChannelBinding
	if slices.Contains(known, string(scram.ChannelBindingTLSExporter)) {
		binding, _ = scram.NewTLSExporterBinding(&state) // an error leaves the zero value: unsupported
	}
	if !binding.IsSupported() && slices.Contains(known, string(scram.ChannelBindingTLSUnique)) && state.TLSUnique != nil {
		binding = scram.NewTLSUniqueBinding(state.TLSUnique)
	}
	if !binding.IsSupported() && slices.Contains(known, string(scram.ChannelBindingTLSServerEndpoint)) {
		binding, _ = scram.NewTLSServerEndpointBinding(&state)
	}
	return binding
}

// A dialog is our part of a mechanism.
type dialog interface {
	Step(challenge string) (response string, err error)
	Valid() bool // the server has proved that it knows the password
}

// plain is the dialog that shows the password, and proves nothing.
type plain struct{ user, password string }

func (p plain) Step(string) (string, error) { return "\x00" + p.user + "\x00" + p.password, nil }
func (p plain) Valid() bool                 { return true }

// authenticate holds a dialog with the server.
func (s *stream) authenticate(mechanism string, d dialog) error {
	first, err := d.Step("")
	if err != nil {
		return fmt.Errorf("log in by %s: %w", mechanism, err)
	}
	if err := s.write("<auth xmlns='" + nsSASL + "' mechanism='" + mechanism + "'>" + encoded(first) + "</auth>"); err != nil {
		return err
	}
	for range 4 { // more than any mechanism needs
		answer, err := s.r.next()
		if err != nil {
			return fmt.Errorf("log in by %s: %w", mechanism, err)
		}
		done, err := s.step(answer, d)
		if err != nil {
			return fmt.Errorf("log in by %s: %w", mechanism, err)
		}
		if done {
			return nil
		}
	}
	return fmt.Errorf("log in by %s: the server does not come to an end", mechanism)
}

// step makes of the server's next word the next word of ours, and tells whether we
// are logged in.
func (s *stream) step(answer *element, d dialog) (done bool, err error) {
	switch {
	case answer.is(nsSASL, "failure"):
		return false, loginError(answer)
	case answer.is(nsSASL, "success"):
		if !d.Valid() {
			if _, err := proceed(answer, d); err != nil {
				return false, err
			}
		}
		if !d.Valid() {
			return false, errors.New("the server did not prove that it knows the password")
		}
		return true, nil
	case answer.is(nsSASL, "challenge"):
		response, err := proceed(answer, d)
		if err != nil {
			return false, err
		}
		return false, s.write("<response xmlns='" + nsSASL + "'>" + encoded(response) + "</response>")
	}
	return false, errors.New("the server answered with something else")
}

func proceed(answer *element, d dialog) (string, error) {
	challenge, err := base64.StdEncoding.DecodeString(strings.TrimSpace(answer.text))
	if err != nil {
		return "", fmt.Errorf("the server's challenge: %w", err)
	}
	for field := range strings.SplitSeq(string(challenge), ",") {
		if text, ok := strings.CutPrefix(field, "i="); ok {
			if n, err := strconv.Atoi(text); err != nil || n > maxIterations {
				return "", fmt.Errorf("the server wants more than %d iterations of the hash", maxIterations)
			}
		}
	}
	return d.Step(string(challenge))
}

func encoded(text string) string {
	if text == "" {
		return ""
	}
	return base64.StdEncoding.EncodeToString([]byte(text))
}

// loginError tells why the server did not let us in. All but what it calls temporary,
// or broke off, will be the same the next time.
func loginError(failure *element) error {
	condition := failure.condition(nsSASL)
	text := shortened(failure.childText(nsSASL, "text"))
	if text != "" {
		text = " (" + text + ")"
	}
	return &Error{
		Err:     fmt.Errorf("the server refused the login: %s%s", condition, text),
		Refused: condition != "temporary-auth-failure" && condition != "aborted",
	}
}
