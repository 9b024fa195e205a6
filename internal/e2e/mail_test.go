// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/pharos-status/pharos/internal/testkit"
)

// A mailbox is an SMTP server that wants STARTTLS and a password.
type mailbox struct {
	address string
	mails   chan letter
}

type letter struct {
	from, to string
	data     []byte
}

func newMailbox(t *testing.T, signer *authority) *mailbox {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	m := &mailbox{address: "localhost:" + port, mails: make(chan letter, 100)}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{box: m}, nil }))
	server.Domain, server.TLSConfig = "localhost", &tls.Config{GetCertificate: signer.sign}
	go func() { _ = server.Serve(listener) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	return m
}

// A session is one connection to a mailbox.
type session struct {
	box    *mailbox
	known  bool
	letter letter
}

var errUnknown = &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Who is it?"}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != "pharos" || password != "secret of the mailbox" {
			return errors.New("wrong name or password")
		}
		s.known = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.known {
		return errUnknown
	}
	s.letter.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.letter.to = to
	return nil
}

func (s *session) Data(r io.Reader) (err error) {
	s.letter.data, err = io.ReadAll(r)
	s.box.mails <- s.letter
	return err
}

func (s *session) Reset()        { s.letter = letter{} }
func (s *session) Logout() error { return nil }

// TestMail sends the alerts of an outage, and its end, by the example for e-mail.
func TestMail(t *testing.T) {
	signer := newAuthority(t)
	trust := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(trust, signer.pem, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", trust)
	box := newMailbox(t, signer)
	config := receiversFolder(t)
	write(t, config, "smtp.password", "secret of the mailbox\n")
	a := startAllInOne(t, config, t.TempDir())
	a.use(t, "email", "smtp.example.com:587", box.address)
	for _, firing := range []bool{true, false} {
		a.outage(t, "email", firing)
		select {
		case l := <-box.mails:
			shown, err := l.shown()
			if err != nil {
				t.Fatal(err)
			}
			testkit.Golden(t, goldenOf("email", firing), shown)
		case <-time.After(patience):
			t.Fatal("no mail came")
		}
	}
	if strings.Contains(a.log.String(), "secret of the mailbox") {
		t.Error("the log has the password")
	}
}

// shown is the mail as a golden file shows it: what people see of it.
func (l letter) shown() ([]byte, error) {
	m, err := mail.ReadMessage(bytes.NewReader(l.data))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "MAIL FROM %s\nRCPT TO %s\n", l.from, l.to)
	for _, name := range []string{"From", "To", "Subject"} {
		value, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%s: %s\n", name, value)
	}
	if _, err := m.Header.Date(); err != nil || m.Header.Get("Message-Id") == "" {
		return nil, fmt.Errorf("date or id: %w", err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return b.Bytes(), nil
		}
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "\n%s\n%s\n", part.Header.Get("Content-Type"), strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
}
