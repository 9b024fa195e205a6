// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// maxSMS is how many characters Twilio takes, which it counts as UTF-16 has them. It
// makes several short messages of them, which the phone puts together.
const maxSMS = 1600

var (
	twilioAccount = regexp.MustCompile(`^AC[0-9a-f]{32}$`)
	twilioService = regexp.MustCompile(`^MG[0-9a-f]{32}$`)
	phoneNumber   = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	// smsSender matches a phone number, a short code, or a name of a sender.
	smsSender = regexp.MustCompile(`^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|[0-9 +_&-]*[A-Za-z][A-Za-z0-9 +_&-]*)$`)
)

// Twilio are the settings of a channel that sends text messages to phones through
// Twilio. With Escalate, a reminder goes to as many numbers from the top of the list
// as its own number says.
type Twilio struct {
	AccountSID          string                      `yaml:"account_sid"` // AC and 32 digits
	AuthToken           configfile.Secret           `yaml:"auth_token"`
	AuthTokenFile       string                      `yaml:"auth_token_file"`
	MessagingServiceSID string                      `yaml:"messaging_service_sid"` // MG and 32 digits; or From
	From                string                      `yaml:"from"`                  // a number such as +15005550006, or a sender's name
	To                  []string                    `yaml:"to"`                    // numbers such as +41791234567
	Escalate            bool                        `yaml:"escalate"`
	Text                string                      `yaml:"text"`     // template
	BaseURL             string                      `yaml:"base_url"` // of Twilio's API
	HTTP                promconfig.HTTPClientConfig `yaml:"http_config"`
}

// Check implements [Settings].
func (t *Twilio) Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors {
	c := checker{file: f, path: p, words: w}
	if !twilioAccount.MatchString(t.AccountSID) {
		c.errorf("account_sid", "not an account; write AC and the 32 digits that Twilio's console shows")
	}
	c.secret("auth_token", &t.AuthToken, t.AuthTokenFile)
	if t.MessagingServiceSID == "" && t.From == "" {
		c.errs = append(c.errs, f.Errorf(p, "nobody sends; set messaging_service_sid or from"))
	}
	if t.MessagingServiceSID != "" && !twilioService.MatchString(t.MessagingServiceSID) {
		c.errorf("messaging_service_sid", "not a messaging service; write MG and the 32 digits that Twilio's console shows")
	}
	if t.From != "" && (!smsSender.MatchString(t.From) || t.From[0] != '+' && len(t.From) > 11) {
		c.errorf("from", `not a sender; write a number such as "+15005550006", a short code, or a name of at most 11 letters and digits`)
	}
	c.list("to", t.To, func(number string) string {
		if !phoneNumber.MatchString(number) {
			return `not a phone number; write it with + and the code of the country, such as "+41791234567", in quotes`
		}
		return ""
	})
	if len(t.To) == 0 {
		c.errs = append(c.errs, f.Errorf(p, "nobody is told; set to"))
	}
	c.template("text", &t.Text, words.Short)
	t.BaseURL = cmp.Or(t.BaseURL, "https://api.twilio.com")
	c.base("base_url", &t.BaseURL, "https://api.twilio.com")
	c.client(&t.HTTP)
	return c.errs
}

// Open implements [Settings].
func (t *Twilio) Open(o Options) (Channel, error) {
	client, err := newHTTPClient(&t.HTTP, o.Name, t.AuthToken)
	if err != nil {
		return nil, err
	}
	client.explain = explainTwilio
	return &twilio{settings: t, words: o.Words, client: client}, nil
}

type twilio struct {
	settings *Twilio
	words    *words.Words
	client   *httpClient
}

func (t *twilio) Recipients() []string { return slices.Clone(t.settings.To) }

// Keyed is false: Twilio knows no key of a message.
func (t *twilio) Keyed() bool { return false }

func (t *twilio) Close() error { return t.client.close() }

func (t *twilio) Send(ctx context.Context, number string, m Message) error {
	place := slices.Index(t.settings.To, number)
	switch {
	case place < 0:
		return refuse("%s is not one of the channel's numbers", number)
	case t.settings.Escalate && m.Kind() == webhook.Reminder && place >= m.Number():
		return ErrSkipped
	case m.Over && m.Firing(): // an SMS has no priority, and would wake somebody
		return ErrOvertaken
	}
	address := t.settings.BaseURL + "/2010-04-01/Accounts/" + t.settings.AccountSID + "/Messages.json"
	r, err := t.client.post(ctx, address, "application/x-www-form-urlencoded", []byte(t.form(number, m).Encode()))
	if err != nil {
		return err
	}
	r.SetBasicAuth(t.settings.AccountSID, string(t.settings.AuthToken))
	status, body, err := t.client.do(ctx, r)
	if err != nil {
		return err
	}
	var message struct {
		SID       string `json:"sid"`
		Status    string `json:"status"`
		ErrorCode int    `json:"error_code"`
	}
	if err := json.Unmarshal(body, &message); err != nil || message.SID == "" {
		return t.client.unclear(r, status, "Twilio")
	}
	if message.Status == "failed" || message.Status == "undelivered" {
		return refuse("%s could not send the message: error %d", r.URL.Host, message.ErrorCode)
	}
	return nil
}

// form returns the fields of a message.
func (t *twilio) form(number string, m Message) url.Values {
	form := url.Values{"To": {number}, "Body": {m.fitSMS(m.text(t.words, t.settings.Text, words.Short), maxSMS)}}
	if t.settings.MessagingServiceSID != "" {
		form.Set("MessagingServiceSid", t.settings.MessagingServiceSID)
	}
	if t.settings.From != "" {
		form.Set("From", t.settings.From)
	}
	return form
}

// explainTwilio reads Twilio's own error.
func explainTwilio(body []byte, e *Error) string {
	var said struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) != nil || said.Code == 0 {
		return ""
	}
	if said.Code == 21611 { // the sender's queue is full, for hours maybe
		e.Refused, e.After = false, max(e.After, time.Minute)
	}
	return fmt.Sprintf("error %d: %s", said.Code, said.Message)
}
