// SPDX-License-Identifier: Apache-2.0

package gatus

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/folder"
	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
)

// need returns a setting that has to be there; nil and a failure if it is not.
func (l layers) need(key string) *tree.Value {
	v := l.get(key)
	if v.Text() == "" {
		l[len(l)-1].Fail("%s is missing; set it, or remove the section", key)
		return nil
	}
	v.Exact("alertmanager.yml and bridge.yml: receivers")
	return v
}

// all returns settings that have to be there; ok is false if one is not.
func (l layers) all(keys ...string) (values []*tree.Value, ok bool) {
	ok = true
	for _, key := range keys {
		v := l.need(key)
		values, ok = append(values, v), ok && v != nil
	}
	return values, ok
}

// provider makes the receiver of a type of alerts; "" if there is none like it.
func (c *converter) provider(kind string, r folder.Receiver, l layers) string {
	hooks := map[string][2]string{ // Alertmanager's name of what is all in an address, and of the key of its file
		"slack": {"slack", "api_url_file"}, "rocketchat": {"slack", "api_url_file"}, "discord": {"discord", "webhook_url_file"},
		"mattermost": {"mattermost", "webhook_url_file"}, "teams": {"msteams", "webhook_url_file"}, "teams-workflows": {"msteamsv2", "webhook_url_file"},
	}
	if hook, ok := hooks[kind]; ok {
		if v := l.need("webhook-url"); v != nil {
			return c.out.Hook(r, hook[0], hook[1], v)
		}
		return ""
	}
	maker := map[string]func(folder.Receiver, layers) string{
		"pagerduty": c.pagerDuty, "opsgenie": c.opsgenie, "telegram": c.telegram, "email": c.email, "pushover": c.pushover,
		"gotify": c.gotify, "matrix": c.matrix, "twilio": c.twilio, "ntfy": c.ntfy, "googlechat": c.googleChat, "custom": c.custom,
	}[kind]
	if maker == nil {
		r.From.Note(convert.Missing, "", "neither Alertmanager nor the bridge tells in this way by itself; make a channel of the kind http in bridge.yml (docs/bridge.md), and a receiver that leads to it")
		return ""
	}
	return maker(r, l)
}

func (c *converter) pagerDuty(r folder.Receiver, l layers) string {
	if key := l.need("integration-key"); key != nil {
		return c.out.PagerDuty(r, key)
	}
	return ""
}

func (c *converter) opsgenie(r folder.Receiver, l layers) string {
	if key := l.need("api-key"); key != nil {
		return c.out.Opsgenie(r, key, false)
	}
	return ""
}

func (c *converter) telegram(r folder.Receiver, l layers) string {
	v, ok := l.all("token", "id")
	if !ok {
		return ""
	}
	thread := l.get("topic-id")
	thread.Exact("alertmanager.yml: receivers")
	return c.out.Telegram(r, v[0], v[1], thread)
}

func (c *converter) email(r folder.Receiver, l layers) string {
	m := folder.Mail{User: l.get("username"), Password: l.get("password")}
	if m.User == nil {
		m.User = l.get("from")
	}
	m.Plain = m.Password.Text() == "" || m.User.Text() == "" || folder.Here(l.get("host").Text())
	if m.Plain {
		l.get("host").Note(convert.Differs, "alertmanager.yml: receivers.email_configs.require_tls", "mail is not encrypted, where Gatus encrypted it if the server could; set require_tls: true if it has STARTTLS")
	} else if l.get("port").TextOr("") != "465" {
		l.get("host").Note(convert.Differs, "alertmanager.yml: receivers.email_configs.smarthost", "the server has to have STARTTLS, as a password is sent; Gatus did without where it had none")
	}
	v, ok := l.all("from", "host", "port", "to")
	if !ok {
		return ""
	}
	m.From, m.Host, m.Port, m.To = v[0], v[1], v[2], v[3]
	insecure := l.get("client").Get("insecure")
	m.Insecure = insecure.Bool(false)
	for _, used := range []*tree.Value{l.get("username"), m.Password, insecure} {
		used.Exact("alertmanager.yml: receivers")
	}
	return c.out.Email(r, m)
}

func (c *converter) pushover(r folder.Receiver, l layers) string {
	v, ok := l.all("application-token", "user-key")
	if !ok {
		return ""
	}
	var rest configfile.Map
	for _, key := range []string{"sound", "device", "title"} {
		if s := l.get(key); s.Text() != "" {
			rest = append(rest, configfile.Entry{Key: key, Value: folder.Neutral(s.Text()), After: s.Source().String()})
			s.Exact("alertmanager.yml: receivers")
		}
	}
	if p := l.get("priority"); p != nil {
		rest = append(rest, configfile.Entry{Key: "priority", Value: strconv.Itoa(p.Int(0, -2, 2)), After: p.Source().String()})
		p.Exact("alertmanager.yml: receivers")
	}
	return c.out.Pushover(r, v[0], v[1], rest)
}

func (c *converter) gotify(r folder.Receiver, l layers) string {
	v, ok := l.all("server-url", "token")
	if !ok {
		return ""
	}
	l.get("priority").Note(convert.Differs, "", "the priority follows the urgency; see priorities in docs/configuration.md")
	return c.out.Gotify(r, v[0], v[1])
}

func (c *converter) matrix(r folder.Receiver, l layers) string {
	v, ok := l.all("access-token", "internal-room-id")
	if !ok {
		return ""
	}
	server := l.get("server-url")
	server.Exact("bridge.yml: channels")
	return c.out.Matrix(r, server, v[1], v[0], "https://matrix-client.matrix.org")
}

func (c *converter) twilio(r folder.Receiver, l layers) string {
	v, ok := l.all("sid", "token", "from", "to")
	if !ok {
		return ""
	}
	return c.out.Twilio(r, v[0], v[1], v[2], v[3])
}

// ntfy posts to a topic: its server takes a text.
func (c *converter) ntfy(r folder.Receiver, l layers) string {
	topic := l.need("topic")
	if topic == nil {
		return ""
	}
	server, token := l.get("url"), l.get("token")
	base := "https://ntfy.sh"
	if server.Text() != "" {
		base = strings.TrimRight(strings.TrimSpace(server.Text()), "/")
	}
	q := folder.Request{URL: topic, Address: base + "/" + strings.TrimSpace(topic.Text()), Type: "text/plain", Body: `{{ template "bridge.text" . }}`}
	if token.Text() != "" {
		q.Headers = []folder.Header{{Name: "Authorization", Value: "Bearer " + strings.TrimSpace(token.Text()), From: token}}
	}
	server.Exact("bridge.yml: channels")
	token.Exact("bridge.yml: channels")
	l.get("priority").Note(convert.Missing, "", "add the header Priority to the channel")
	return c.out.HTTP(r, "ntfy", q)
}

func (c *converter) googleChat(r folder.Receiver, l layers) string {
	v := l.need("webhook-url")
	if v == nil {
		return ""
	}
	return c.out.HTTP(r, "googlechat", folder.Request{URL: v, Body: `{"text": ` + folder.Said + `}`})
}

// custom converts a request of somebody's own.
func (c *converter) custom(r folder.Receiver, l layers) string {
	address := l.need("url")
	if address == nil {
		return ""
	}
	q := folder.Request{URL: address, Method: strings.ToUpper(strings.TrimSpace(l.get("method").Text()))}
	if q.Method == "" {
		q.Method = http.MethodGet
	}
	if !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch}, q.Method) {
		l.get("method").Fail("the bridge makes requests with POST, PUT, PATCH and GET; choose one of these")
		return ""
	}
	if hasPlaceholder(address.Text()) {
		r.From.Note(convert.Missing, "", "an address with placeholders has no counterpart: put what changes into the body, and make a channel of the kind http in bridge.yml")
		return ""
	}
	if q.Method != http.MethodGet {
		q.Body, q.Type = template(l.get("body").Text())
	}
	for _, h := range l.get("headers").Members() {
		if !strings.EqualFold(h.Key(), "Content-Type") {
			q.Headers = append(q.Headers, folder.Header{Name: h.Key(), Value: h.Text(), From: h})
		}
	}
	for _, key := range []string{"method", "body", "headers"} {
		l.get(key).Note(convert.Differs, "bridge.yml: channels", "[RESULT_ERRORS] is what the alert says that was found, and [ENDPOINT_URL] the id of the node")
	}
	l.get("placeholders").Note(convert.Missing, "", "the words of the placeholders are TRIGGERED and RESOLVED; mend them in the body of the channel in bridge.yml")
	return c.out.HTTP(r, "custom", q)
}
