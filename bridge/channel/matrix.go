// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// Matrix are the settings of a channel that writes into rooms of Matrix, without
// encryption: what it tells is told to everybody in a room.
type Matrix struct {
	Homeserver      string                      `yaml:"homeserver"` // https://matrix.example.com
	AccessToken     configfile.Secret           `yaml:"access_token"`
	AccessTokenFile string                      `yaml:"access_token_file"`
	Rooms           []string                    `yaml:"rooms"` // "!id:example.com" or "#alias:example.com"
	Text            string                      `yaml:"text"`  // template
	HTML            string                      `yaml:"html"`  // template of the same for clients that show HTML; empty, with a text: that goes alone
	HTTP            promconfig.HTTPClientConfig `yaml:"http_config"`
}

// Check implements [Settings].
func (x *Matrix) Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors {
	c := checker{file: f, path: p, words: w}
	c.base("homeserver", &x.Homeserver, "https://matrix.example.com")
	c.token("access_token", &x.AccessToken, x.AccessTokenFile)
	c.list("rooms", x.Rooms, func(room string) string {
		if len(room) < 2 || !strings.ContainsAny(room[:1], "!#") || strings.HasPrefix(room, "#") && !strings.Contains(room, ":") {
			return `not a room; write its id, such as "!id:example.com", or an alias, such as "#ops:example.com", in quotes`
		}
		return ""
	})
	if len(x.Rooms) == 0 {
		c.errs = append(c.errs, f.Errorf(p, "nobody is told; set rooms"))
	}
	if x.Text == "" || x.HTML != "" {
		c.try("html", &x.HTML, words.HTMLBody, w.CheckHTML)
	}
	c.template("text", &x.Text, words.Body)
	c.client(&x.HTTP)
	return c.errs
}

// Open implements [Settings].
func (x *Matrix) Open(o Options) (Channel, error) {
	client, err := newHTTPClient(&x.HTTP, o.Name, x.AccessToken)
	if err != nil {
		return nil, err
	}
	client.explain = explainMatrix
	return &matrix{settings: x, words: o.Words, client: client, aliases: map[string]string{}}, nil
}

// An event of Matrix has at most 64 KiB, with what servers add to it.
const (
	matrixEvent = 60_000 // bytes
	matrixBody  = 8_000  // characters
)

type matrix struct {
	settings *Matrix
	words    *words.Words
	client   *httpClient

	mu      sync.Mutex
	aliases map[string]string // the rooms that aliases led to
}

// A matrixMessage is the content of an event of the type m.room.message.
type matrixMessage struct {
	MsgType       string   `json:"msgtype"`
	Body          string   `json:"body"`
	Format        string   `json:"format,omitempty"`
	FormattedBody string   `json:"formatted_body,omitempty"`
	Mentions      struct{} `json:"m.mentions"` // nobody is called by name, whatever the text looks like
}

func (x *matrix) Recipients() []string { return slices.Clone(x.settings.Rooms) }

// Keyed returns true: a server does not take a transaction of the same access token
// again, for as long as it remembers it.
func (x *matrix) Keyed() bool { return true }

func (x *matrix) Close() error { return x.client.close() }

func (x *matrix) Send(ctx context.Context, recipient string, m Message) error {
	content, err := x.content(m)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(recipient, "#") {
		return x.put(ctx, recipient, m.Key, content)
	}
	room, remembered, err := x.resolve(ctx, recipient)
	if err != nil {
		return err
	}
	err = x.put(ctx, room, m.Key, content)
	if e := (*Error)(nil); !remembered || !errors.As(err, &e) || !e.Refused {
		return err
	}
	// The room may have been replaced, and the alias leads to its successor.
	x.forget(recipient)
	successor, _, again := x.resolve(ctx, recipient)
	if again != nil || successor == room {
		return err
	}
	return x.put(ctx, successor, m.Key, content)
}

func (x *matrix) put(ctx context.Context, room, key string, content []byte) error {
	var answer struct {
		EventID string `json:"event_id"`
	}
	return x.call(ctx, http.MethodPut, "/rooms/"+url.PathEscape(room)+"/send/m.room.message/"+key, content, func(body []byte) bool {
		return json.Unmarshal(body, &answer) == nil && answer.EventID != ""
	})
}

// call makes a request, and lets understood read the answer.
func (x *matrix) call(ctx context.Context, method, path string, content []byte, understood func(body []byte) bool) error {
	r, err := http.NewRequestWithContext(ctx, method, x.settings.Homeserver+"/_matrix/client/v3"+path, bytes.NewReader(content))
	if err != nil {
		return refuse("make the request: %w", bare(err))
	}
	if len(content) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+string(x.settings.AccessToken))
	status, body, err := x.client.do(ctx, r)
	if err == nil && !understood(body) {
		return x.client.unclear(r, status, "a server of Matrix")
	}
	return err
}

// explainMatrix reads an error of Matrix. The header Retry-After has taken the place
// of retry_after_ms, which older servers send alone.
func explainMatrix(body []byte, e *Error) string {
	var said struct {
		Code         string  `json:"errcode"`
		Error        string  `json:"error"`
		RetryAfterMS float64 `json:"retry_after_ms"`
	}
	if json.Unmarshal(body, &said) != nil || said.Code == "" {
		return ""
	}
	e.wait(said.RetryAfterMS / 1000)
	return said.Code + ": " + said.Error
}
