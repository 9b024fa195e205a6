// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
)

// bridgeURL is where the bridge is, unless bridge.yml says otherwise.
const bridgeURL = "http://127.0.0.1:9642/bridge/v1/"

// channel makes a channel of the bridge, and the receiver that leads to it.
func (f *Folder) channel(r Receiver, kind string, settings configfile.Map) string {
	address := len(f.receivers)
	name := f.add(r, "webhook_configs", nil)
	f.channels = append(f.channels, configfile.Map{
		{Key: "name", Value: name, Above: r.From.Source().String()},
		{Key: kind, Value: settings},
	})
	hooks, _ := f.receivers[address][1].Value.([]configfile.Map)
	hooks[0] = append(configfile.Map{{Key: "url", Value: bridgeURL + name}}, hooks[0]...)
	return name
}

// headerSecret matches what may be the value of a header.
var headerSecret = regexp.MustCompile(`^[!-~]+$`)

// token puts the value of a header into a file.
func (f *Folder) token(wanted string, v *tree.Value) string {
	text := strings.TrimSpace(v.Text())
	if text != "" && !headerSecret.MatchString(text) {
		v.Fail("holds white space, or what is not ASCII; copy it again")
		return wanted
	}
	return configfile.Literal(f.Secret(wanted, text, v))
}

// Gotify is a channel with the address of a server and the token of an application.
func (f *Folder) Gotify(r Receiver, server, token *tree.Value) string {
	if !f.base(r, server) {
		return ""
	}
	return f.channel(r, "gotify", configfile.Map{
		{Key: "url", Value: literal(server), After: server.Source().String()},
		{Key: "tokens", Value: []configfile.Map{{{Key: "token_file", Value: f.token("gotify.token", token), After: token.Source().String()}}}},
	})
}

// Matrix is a channel with a homeserver, a room and a token.
func (f *Folder) Matrix(r Receiver, server, room, token *tree.Value, otherwise string) string {
	home := configfile.Entry{Key: "homeserver", Value: otherwise}
	if server != nil || otherwise == "" {
		if !f.base(r, server) {
			return ""
		}
		home = configfile.Entry{Key: "homeserver", Value: literal(server), After: server.Source().String()}
	}
	id := room.Text()
	if len(id) < 2 || !strings.ContainsAny(id[:1], "!#") || (id[0] == '#' && !strings.Contains(id, ":")) {
		r.From.Fail(`the room has no id; write one such as "!id:example.com"`)
		return ""
	}
	return f.channel(r, "matrix", configfile.Map{
		home,
		{Key: "access_token_file", Value: f.token("matrix.token", token), After: token.Source().String()},
		{Key: "rooms", Value: configfile.Flow{Value: []string{configfile.Literal(id)}}, After: room.Source().String()},
	})
}

// base tells whether the value is an address that an API begins with.
func (f *Folder) base(r Receiver, v *tree.Value) bool {
	switch {
	case v == nil:
		r.From.Fail("the address of the server is missing; set it")
		return false
	case !IsBase(strings.TrimSpace(v.Text())):
		v.Fail("not the address of a server; write one such as https://host")
		return false
	}
	return true
}

func literal(v *tree.Value) string { return configfile.Literal(strings.TrimSpace(v.Text())) }

var (
	twilioAccount = regexp.MustCompile(`^AC[0-9a-f]{32}$`)
	phoneNumber   = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
)

// Twilio is a channel that sends SMS.
func (f *Folder) Twilio(r Receiver, account, token, from, to *tree.Value) string {
	for _, number := range []*tree.Value{from, to} {
		if !phoneNumber.MatchString(strings.TrimSpace(number.Text())) {
			r.From.Fail(`the numbers that SMS are sent from and to are needed with + and the code of the country, such as "+41791234567"`)
			return ""
		}
	}
	if !twilioAccount.MatchString(account.Text()) {
		r.From.Fail("Twilio's account is needed: AC and the 32 digits that its console shows")
		return ""
	}
	return f.channel(r, "twilio", configfile.Map{
		{Key: "account_sid", Value: account.Text(), After: account.Source().String()},
		{Key: "auth_token_file", Value: configfile.Literal(f.Secret("twilio.token", token.Text(), token)), After: token.Source().String()},
		{Key: "from", Value: literal(from), After: from.Source().String()},
		{Key: "to", Value: []string{literal(to)}, Above: to.Source().String()},
	})
}

// Request is an HTTP request that tells somebody.
type Request struct {
	URL     *tree.Value
	Address string // in place of what URL is, if it is to be asked elsewhere
	Method  string // POST if it is empty
	Type    string // of the body
	Body    string // a template; empty: what Alertmanager posts
	Headers []Header
}

// A Header is one of a request. Its value may be secret.
type Header struct {
	Name, Value string
	From        *tree.Value
}

// HTTP is a channel that makes a request.
func (f *Folder) HTTP(r Receiver, kind string, q Request) string {
	address := q.Address
	if address == "" {
		address = strings.TrimSpace(q.URL.Text())
	}
	if !IsWebAddress(address) {
		r.From.Fail("the address is missing, or is none; write one such as https://hooks.example.com/a1b2c3")
		return ""
	}
	m := configfile.Map{{Key: "url_file", Value: f.Secret(kind+".url", address, q.URL), After: q.URL.Source().String()}}
	if q.Method != "" {
		m = append(m, configfile.Entry{Key: "method", Value: q.Method})
	}
	if headers := f.secretHeaders(kind, q.Headers); len(headers) > 0 {
		m = append(m, configfile.Entry{Key: "secret_headers", Value: headers})
	}
	if q.Body != "" {
		m = append(m, configfile.Entry{Key: "body", Value: configfile.Literal(q.Body)})
	}
	if q.Type != "" {
		m = append(m, configfile.Entry{Key: "content_type", Value: q.Type})
	}
	return f.channel(r, "http", m)
}

// secretHeaders puts the values of headers into files.
func (f *Folder) secretHeaders(kind string, headers []Header) configfile.Map {
	var m configfile.Map
	seen := map[string]bool{}
	for _, h := range headers {
		name := http.CanonicalHeaderKey(h.Name)
		value := strings.TrimSpace(h.Value)
		switch {
		case !httpguts.ValidHeaderFieldName(h.Name) || !httpguts.ValidHeaderFieldValue(value):
			h.From.Fail("no header can be made of it; write name: value, on one line")
			continue
		case seen[name]:
			h.From.Fail("the header is there twice; keep one")
			continue
		case value == "":
			continue
		}
		seen[name] = true
		file := f.Secret(kind+"."+strings.ToLower(name), value, h.From)
		m = append(m, configfile.Entry{Key: h.Name, Value: configfile.Map{{Key: "value_file", Value: configfile.Literal(file)}}})
	}
	return m
}

// Basic returns the header Authorization of a user with a password.
func Basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}
