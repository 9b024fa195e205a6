// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

const (
	twilioTaken   = `{"sid": "SM0123456789abcdef0123456789abcdef", "status": "accepted", "error_code": null, "error_message": null}`
	twilioRefused = `{"code": 21211, "message": "%s", "more_info": "https://www.twilio.com/docs/errors/21211", "status": 400}`
)

// twilioBasic is what basic authentication makes of account and token.
const twilioBasic = "QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjpzZWNyZXQtb2YtdGhlLWFjY291bnQ="

func openTwilio(t testing.TB, address, more string) Channel {
	t.Helper()
	return open(t, &Twilio{}, fmt.Sprintf(`
account_sid: AC0123456789abcdef0123456789abcdef
auth_token: secret-of-the-account
to: ["+41791234567", "+41791234568", "+41791234569"]
base_url: %s
%s`, address, more))
}

const twilioSends = "messaging_service_sid: MG0123456789abcdef0123456789abcdef\n"

func TestTwilio(t *testing.T) {
	t.Parallel()
	service := newFake(t, twilioCounts)
	c := openTwilio(t, service.URL+"/", twilioSends)
	require.Equal(t, []string{"+41791234567", "+41791234568", "+41791234569"}, c.Recipients())
	require.False(t, c.Keyed())
	goldenRequests(t, "twilio", service, c)
}

func TestTwilioRequest(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusCreated, twilioTaken))
	c := openTwilio(t, service.URL, "from: '+15005550006'\ntext: ' {{ .Status }}\n\n'")
	require.NoError(t, c.Send(t.Context(), "+41791234568", message(t, "firing")))
	r := service.only(t)
	require.Equal(t, "POST /2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json", r.Method+" "+r.URI)
	require.Equal(t, http.Header{"Authorization": {"Basic " + twilioBasic}, "Content-Type": {"application/x-www-form-urlencoded"}}, r.header(t))
	require.Equal(t, map[string]string{"To": "+41791234568", "From": "+15005550006", "Body": "firing"}, r.form(t))
	require.EqualError(t, c.Send(t.Context(), "+41791234560", message(t, "firing")), "+41791234560 is not one of the channel's numbers")
}

// A message is cut to what Twilio takes, between two characters, and never its note.
func TestTwilioCuts(t *testing.T) {
	t.Parallel()
	service := newFake(t, twilioCounts)
	for _, unit := range []string{"a", "é", "\U0001F525"} {
		c := openTwilio(t, service.URL, twilioSends+"text: "+strings.Repeat(unit, 2000))
		m := message(t, "firing")
		m.Note = "Told late."
		require.NoError(t, c.Send(t.Context(), "+41791234567", m))
		body := service.only(t).form(t)["Body"]
		require.True(t, utf8.ValidString(body))
		require.InDelta(t, maxSMS, len(utf16.Encode([]rune(body))), 1)
		require.True(t, strings.HasSuffix(body, unit+"...\nTold late."), body[len(body)-40:])
	}
	c := openTwilio(t, service.URL, twilioSends+"text: '"+strings.Repeat("a", 1500)+strings.Repeat("\U0001F525", 100)+"'")
	require.NoError(t, c.Send(t.Context(), "+41791234567", message(t, "firing")))
}

// twilioCounts takes what is not too long, as Twilio counts it: an emoji is more than
// one character.
func twilioCounts(w http.ResponseWriter, r *http.Request) {
	if len(utf16.Encode([]rune(r.PostFormValue("Body")))) > 1600 {
		says(http.StatusBadRequest, `{"code": 21617, "message": "The concatenated message body exceeds the 1600 character limit", "status": 400}`)(w, r)
		return
	}
	says(http.StatusCreated, twilioTaken)(w, r)
}

// A beginning wakes nobody once newer word waits behind it; an end is told.
func TestTwilioOvertaken(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusCreated, twilioTaken))
	c := openTwilio(t, service.URL, twilioSends)
	for sample, want := range map[string]error{"firing": ErrOvertaken, "reminder": ErrOvertaken, "resolved": nil} {
		m := message(t, sample)
		m.Over = true
		require.ErrorIs(t, c.Send(t.Context(), "+41791234567", m), want)
	}
	require.Len(t, service.all(), 1)
}

func TestTwilioEscalates(t *testing.T) {
	t.Parallel()
	for escalate, want := range map[bool]map[string]int{ // how many are told
		true:  {"firing": 3, "resolved": 3, "startup": 3, "reminder": 1, "reminder-2": 2, "reminder-over": 1},
		false: {"firing": 3, "resolved": 3, "startup": 3, "reminder": 3, "reminder-2": 3, "reminder-over": 3},
	} {
		service := newFake(t, says(http.StatusCreated, twilioTaken))
		c := openTwilio(t, service.URL, fmt.Sprint(twilioSends, "escalate: ", escalate))
		for sample, want := range want {
			for i, number := range c.Recipients() {
				err := c.Send(t.Context(), number, message(t, sample))
				if i < want {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, ErrSkipped)
				}
			}
			require.Len(t, service.all(), want, "%s %v", sample, escalate)
		}
	}
}

func TestTwilioErrors(t *testing.T) {
	t.Parallel()
	testErrors(t, troubled{
		open:   func(t testing.TB, address string) Channel { t.Helper(); return openTwilio(t, address, twilioSends) },
		status: http.StatusCreated, answer: twilioTaken, complaint: twilioRefused, secrets: []string{"secret-of-the-account", twilioBasic},
	})
}

// By its own codes, Twilio tells of what passes and of what does not.
func TestTwilioCodes(t *testing.T) {
	t.Parallel()
	const form = `{"code": %d, "message": "Words.", "more_info": "https://www.twilio.com/docs/errors/%[1]d", "status": %[2]d}`
	for code, want := range map[int]struct {
		status  int
		refused bool
		after   time.Duration
	}{
		20003: {401, true, 0}, // authenticate
		21211: {400, true, 0}, // not a number
		21610: {400, true, 0}, // the recipient has said STOP
		21614: {400, true, 0}, // not a mobile phone
		21617: {400, true, 0}, // too long
		20429: {429, false, 0},
		21611: {400, false, time.Minute},
		20503: {503, false, 0},
	} {
		service := newFake(t, says(want.status, fmt.Sprintf(form, code, want.status)))
		err := openTwilio(t, service.URL, twilioSends).Send(t.Context(), "+41791234567", message(t, "firing"))
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, want.refused, e.Refused, code)
		require.Equal(t, want.after, e.After, code)
		require.ErrorContains(t, err, fmt.Sprintf("error %d: Words.", code))
	}
}

func TestTwilioFailsAtOnce(t *testing.T) {
	t.Parallel()
	service := newFake(t, says(http.StatusCreated, `{"sid": "SM1", "status": "failed", "error_code": 30001}`))
	err := openTwilio(t, service.URL, twilioSends).Send(t.Context(), "+41791234567", message(t, "firing"))
	e, ok := errors.AsType[*Error](err)
	require.True(t, ok)
	require.True(t, e.Refused)
	require.ErrorContains(t, err, " could not send the message: error 30001")
}

func TestTwilioRefuses(t *testing.T) {
	t.Parallel()
	const account = "account_sid: AC0123456789abcdef0123456789abcdef\nauth_token: secret-a\n"
	const good = account + "to: ['+41791234567']\n"
	testRefuses(t, func() Settings { return &Twilio{} }, map[string]struct{ text, want string }{
		"nothing": {"{}", strings.Join([]string{
			":1: account_sid: not an account; write AC and the 32 digits that Twilio's console shows",
			":1: auth_token: is missing; set auth_token_file to a file that holds it",
			":1: nobody sends; set messaging_service_sid or from",
			":1: nobody is told; set to",
		}, "\n")},
		"good":          {good + "from: Pharos", ""},
		"short code":    {good + "from: '12345'", ""},
		"key as number": {good + "from: SK0123456789abcdef0123456789abcdef", `:4: from: not a sender; write a number such as "+15005550006", a short code, or a name of at most 11 letters and digits`},
		"service":       {good + "messaging_service_sid: MG1", ":4: messaging_service_sid: not a messaging service; write MG and the 32 digits that Twilio's console shows"},
		"two secrets":   {good + "from: Pharos\nauth_token_file: secret-b", ":5: auth_token_file: both auth_token and auth_token_file are set; keep one"},
		"no number":     {account + "to: [0791234567]\nfrom: Pharos", `:3: to[0]: not a phone number; write it with + and the code of the country, such as "+41791234567", in quotes`},
		"twice":         {account + "to: ['+41791234567', '+41791234567']\nfrom: Pharos", `:3: to[1]: "+41791234567" is there twice; remove one`},
		"address":       {good + "from: Pharos\nbase_url: api.twilio.com", ":5: base_url: not an address; write one such as https://api.twilio.com"},
		"client":        {good + "from: Pharos\nhttp_config: {tls_config: {ca_file: /nowhere}}", ":5: http_config.tls_config: unable to read CA cert: unable to read file /nowhere: open /nowhere: no such file or directory"},
	})
}
