// SPDX-License-Identifier: Apache-2.0

package subscribe

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	commonconfig "github.com/prometheus/common/config"
	"github.com/wneessen/go-mail"

	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/markdown"
	"github.com/pharos-status/pharos/statuspage/store"
	"github.com/pharos-status/pharos/statuspage/words"
)

const (
	smtpTimeout = 30 * time.Second
	implicitTLS = 465 // RFC 8314 §3.3
)

// mailClient returns a client that has not connected yet.
func mailClient(c *config.Email) (*mail.Client, error) {
	host, portText, err := net.SplitHostPort(c.Smarthost)
	if err != nil {
		return nil, fmt.Errorf("address of the mail server: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("address of the mail server: %w", err)
	}
	tls, err := commonconfig.NewTLSConfig(&c.TLS)
	if err != nil {
		return nil, fmt.Errorf("TLS of the mail server: %w", err)
	}
	if tls.ServerName == "" {
		tls.ServerName = host
	}
	options := []mail.Option{mail.WithPort(port), mail.WithTimeout(smtpTimeout), mail.WithTLSConfig(tls), mail.WithoutSMTPUTF8()}
	switch {
	case port == implicitTLS:
		options = append(options, mail.WithSSL())
	case c.RequireTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	if c.Hello != "" {
		options = append(options, mail.WithHELO(c.Hello))
	}
	if c.AuthUsername != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.AuthUsername), mail.WithPassword(string(c.AuthPassword)))
	}
	return mail.NewClient(host, options...)
}

// sendMail sends one message over a connection that is open.
func sendMail(client *mail.Client, m *mail.Msg) error {
	err := client.Send(m)
	if err == nil {
		return nil
	}
	failed := new(mail.SendError)
	switch {
	case !errors.As(err, &failed):
		return err
	case failed.Reason == mail.ErrConnCheck:
		return fmt.Errorf("%w: %w", errUnreachable, err)
	case !failed.IsTemp() && failed.ErrorCode() >= 500 && failed.Reason == mail.ErrSMTPRcptTo:
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	return err
}

// letter writes a message as mail to a subscriber. The same message always has the
// same Message-ID, so that a mail server may drop what comes twice.
func letter(c *config.Email, m *message, d store.Delivery, x store.Subscriber, p Page) (*mail.Msg, error) {
	w := words.In(x.Language)
	out := mail.NewMsg()
	if err := errors.Join(out.From(c.From), out.To(x.Address)); err != nil {
		return nil, fmt.Errorf("addresses of a mail: %w", err)
	}
	subject := m.heading(w, p)
	if m.kind != confirmation && m.kind != "already" {
		subject = "[" + p.Title + "] " + subject
	}
	out.Subject(oneLine(subject))
	out.SetDateWithValue(d.Created)
	domain := "pharos"
	if u, err := url.Parse(p.URL); err == nil && u.Hostname() != "" {
		domain = u.Hostname()
	}
	out.SetMessageIDWithValue(fmt.Sprintf("%d.%s@%s", d.ID, x.ID, domain))
	if m.id != "" { // what is about the same thing stands together
		thread := fmt.Sprintf("<%s.%s@%s>", m.id, x.ID, domain)
		out.SetGenHeader(mail.HeaderInReplyTo, thread)
		out.SetGenHeader(mail.HeaderReferences, thread)
	}
	out.SetGenHeader("Auto-Submitted", "auto-generated")
	out.SetGenHeader(mail.HeaderContentLang, w.Tag)
	manage := p.URL + "/subscribe/manage?token=" + url.QueryEscape(Token(x))
	if !x.Confirmed.IsZero() {
		out.SetGenHeader("List-Id", fmt.Sprintf("%s <status.%s>", oneLine(p.Title), domain))
		out.SetGenHeader(mail.HeaderListUnsubscribe, "<"+p.URL+"/unsubscribe?token="+url.QueryEscape(Token(x))+">")
		out.SetGenHeader(mail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	body := m.body(w, p, manage, !x.Confirmed.IsZero())
	out.SetBodyString(mail.TypeTextPlain, body.plain())
	html, err := body.html(w.Tag, subject)
	if err != nil {
		return nil, err
	}
	out.AddAlternativeString(mail.TypeTextHTML, html)
	return out, nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// A body is what a mail says, block by block.
type body struct {
	Heading string
	Lines   []string // before the text
	Text    string   // Markdown
	Link    string
	Before  string // the words before the link, as in a message with a place for it
	Foot    string // the words before Manage
	Manage  string
	After   string // the last line
}

func (m *message) body(w *words.Words, p Page, manage string, confirmed bool) body {
	link := func(key string) string { return strings.TrimSpace(strings.TrimSuffix(w.Text(key, "\x00"), "\x00")) }
	b := body{Heading: m.heading(w, p)}
	if confirmed {
		b.Foot, b.Manage = link("mail.manage"), manage
	}
	switch m.kind {
	case confirmation:
		b.Lines, b.Link, b.After = []string{w.Text("mail.confirm.text", p.Title)}, p.URL+m.path, w.Text("mail.confirm.ignore")
		return b
	case "already":
		b.Lines = []string{w.Text("mail.already.text", p.Title)}
		return b
	}
	b.Before, b.Link, b.Text = link("mail.link"), p.URL+m.path, m.text
	b.Lines = append(b.Lines, w.Time(m.at))
	if !m.start.IsZero() {
		b.Lines = append(b.Lines, w.Text("mail.when", w.Time(m.start), w.Time(m.end)))
	}
	if labels := m.labels(p); len(labels) > 0 {
		b.Lines = append(b.Lines, w.Text("mail.affected", strings.Join(labels, ", ")))
	}
	return b
}

func (b *body) plain() string {
	blocks := []string{b.Heading, strings.Join(b.Lines, "\n"), markdown.Plain(b.Text), strings.TrimSpace(b.Before + "\n" + b.Link), b.After}
	if b.Manage != "" {
		blocks = append(blocks, "-- \n"+b.Foot+"\n"+b.Manage)
	}
	var out []string
	for _, block := range blocks {
		if strings.TrimSpace(block) != "" {
			out = append(out, block)
		}
	}
	return strings.Join(out, "\n\n") + "\n"
}

// HTML renders the Markdown of the body, for the template.
func (b *body) HTML() template.HTML { return markdown.HTML(b.Text) }

func (b *body) html(language, subject string) (string, error) {
	var out strings.Builder
	err := htmlMail().Execute(&out, struct {
		*body
		Language, Subject string
	}{b, language, subject})
	return out.String(), err
}

func htmlMail() *template.Template {
	return template.Must(template.New("mail").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>{{.Subject}}</title></head>
<body style="font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:1.5rem auto;padding:0 1rem;overflow-wrap:anywhere">
<h1 style="font-size:1.25rem;line-height:1.3">{{.Heading}}</h1>
{{range .Lines}}<p style="margin:.25rem 0">{{.}}</p>
{{end}}{{with .HTML}}<div style="margin:1rem 0">{{.}}</div>
{{end}}{{with .Link}}<p>{{with $.Before}}{{.}} {{end}}<a href="{{.}}">{{.}}</a></p>
{{end}}{{with .After}}<p>{{.}}</p>
{{end}}{{with .Manage}}<p style="font-size:.85rem;margin-top:2rem;opacity:.8">{{$.Foot}} <a href="{{.}}">{{.}}</a></p>
{{end}}</body>
</html>
`))
}

// connect returns a client that is connected to the mail server. Its error is
// errUnreachable.
func connect(ctx context.Context, c *config.Email) (*mail.Client, error) {
	if c.Smarthost == "" {
		return nil, fmt.Errorf("%w: subscribers.email.smarthost is not set any more", errUnreachable)
	}
	client, err := mailClient(c)
	if err == nil {
		err = client.DialWithContext(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	return client, nil
}
