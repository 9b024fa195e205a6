// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const opening = "<?xml version='1.0'?><stream:stream xmlns='" + nsClient + "' xmlns:stream='" + nsStream + "'>"

func TestReader(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		" <message id='1'><body>a&lt;b&#x26;c<![CDATA[<d>]]></body></message>": "",
		"":                 "unexpected EOF",
		"</stream:stream>": errEnded.Error(),
		"text":             "the server sent text where none may be",
		"<message>":        "unexpected EOF",
		"<message></body>": "closed by",
		"<!DOCTYPE a [<!ENTITY b 'c'>]><message/>":                                "what XMPP forbids",
		"<message><!-- --></message>":                                             "what XMPP forbids",
		"<message><?php ?></message>":                                             "what XMPP forbids",
		"<message>&b;</message>":                                                  "invalid character entity",
		"<message a=b/>":                                                          "unquoted",
		"<message>\xff</message>":                                                 "invalid UTF-8",
		"<message>\x01</message>":                                                 "illegal character",
		strings.Repeat("<a>", maxDepth+1):                                         "too many elements",
		"<a>" + strings.Repeat("<b/>", maxElements) + "</a>":                      "too many elements",
		"<a b='" + strings.Repeat("c", maxStanza):                                 errTooLarge.Error(),
		strings.Repeat(" ", maxStanza+1):                                          errTooLarge.Error(),
		"<stream:error><conflict xmlns='" + nsErrors + "'/></stream:error>":       "the server ended the stream: conflict",
		"<stream:error><text xmlns='" + nsErrors + "'>a\nb</text></stream:error>": "the server ended the stream: undefined-condition (a b)",
	} {
		r := newReader(bufio.NewReader(strings.NewReader(opening + content)))
		require.NoError(t, r.open())
		e, err := r.next()
		if want == "" {
			require.NoError(t, err)
			require.Equal(t, "1", e.get("id"))
			require.Equal(t, "a<b&c<d>", e.childText(nsClient, "body"))
		} else {
			require.ErrorContains(t, err, want, "%.100q", content)
		}
	}
}

func TestEscaped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a<b>&\"'c":                          "a&lt;b&gt;&amp;&#34;&#39;c",
		"a\x00\x08\x1f\x7fb":                 "a\x7fb",
		"a\tb\nc":                            "a&#x9;b&#xA;c",
		"a\xffb\xed\xa0\x80c":                "abc",
		"\ufffe\uffff\ufffd\U0001F6A8\u202e": "\ufffd\U0001F6A8\u202e",
	} {
		require.Equal(t, want, escaped(text), "%q", text)
	}
}

// FuzzReader reads streams of hostile servers: it ends, keeps its bounds, and what it
// writes of what it read is read as the same.
func FuzzReader(f *testing.F) {
	f.Add([]byte(opening + "<message from='a@b/c' type='error' id='1'><body>a</body></message><iq/><presence/>"))
	f.Add([]byte(opening + "<stream:features><mechanisms xmlns='" + nsSASL + "'><mechanism>PLAIN</mechanism></mechanisms></stream:features>"))
	f.Add([]byte(opening + "<stream:error><see-other-host xmlns='" + nsErrors + "'>a</see-other-host></stream:error></stream:stream>"))
	f.Add([]byte("<!DOCTYPE a [<!ENTITY b 'c'>]>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := newReader(bufio.NewReader(bytes.NewReader(data)))
		if r.open() != nil {
			return
		}
		for {
			e, err := r.next()
			if err != nil {
				return
			}
			check(t, e, 1)
			_ = e.from().String()
			_ = stanzaError(e).Error()
			_ = statuses(e)
		}
	})
}

// check checks an element and what is in it.
func check(t *testing.T, e *element, depth int) {
	t.Helper()
	require.LessOrEqual(t, depth, maxDepth)
	require.LessOrEqual(t, len(e.text), maxStanza)
	again := newReader(bufio.NewReader(strings.NewReader(opening + "<a b='" + escaped(e.text) + "'>" + escaped(e.text) + "</a>")))
	require.NoError(t, again.open())
	if len(e.text) < maxStanza/20 { // escapes take more room
		got, err := again.next()
		require.NoError(t, err)
		require.Equal(t, e.text, got.text)
		require.Equal(t, e.text, got.get("b"))
	}
	for _, c := range e.children {
		check(t, c, depth+1)
	}
}
