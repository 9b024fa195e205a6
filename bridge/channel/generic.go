// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// HTTP are the settings of a channel that makes a request of any kind, for what
// has no channel of its own. The header Idempotency-Key of the request has the key
// of the message.
type HTTP struct {
	URL           configfile.Secret           `yaml:"url"`
	URLFile       string                      `yaml:"url_file"`
	Method        string                      `yaml:"method"` // POST, PUT, PATCH or GET
	Headers       map[string]string           `yaml:"headers"`
	SecretHeaders map[string]SecretHeader     `yaml:"secret_headers"`
	Body          string                      `yaml:"body"` // template; empty: the notification as Alertmanager posts it
	ContentType   string                      `yaml:"content_type"`
	Idempotent    bool                        `yaml:"idempotent"` // the receiver heeds Idempotency-Key
	HTTP          promconfig.HTTPClientConfig `yaml:"http_config"`
}

// A SecretHeader is the value of a header that nobody is shown.
type SecretHeader struct {
	Value     configfile.Secret `yaml:"value"`
	ValueFile string            `yaml:"value_file"`
}

// Open implements [Settings].
func (h *HTTP) Open(o Options) (Channel, error) {
	client, err := newHTTPClient(&h.HTTP, o.Name, h.secrets()...)
	if err != nil {
		return nil, err
	}
	return &generic{settings: h, words: o.Words, client: client, logger: o.Logger.With("channel", o.Name)}, nil
}

// secrets returns what no error may hold.
func (h *HTTP) secrets() []configfile.Secret {
	all := partsOf(h.URL)
	for _, header := range h.SecretHeaders {
		all = append(all, header.Value)
	}
	return all
}

type generic struct {
	settings *HTTP
	words    *words.Words
	client   *httpClient
	logger   *slog.Logger

	mu         sync.Mutex
	complained time.Time // when it was last logged that the template makes no JSON
}

func (h *generic) Recipients() []string { return []string{"http"} }

// Keyed tells whether the receiver was said to heed the key.
func (h *generic) Keyed() bool { return h.settings.Idempotent }

func (h *generic) Close() error { return h.client.close() }

func (h *generic) Send(ctx context.Context, _ string, m Message) error {
	body, err := h.body(m)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, h.settings.Method, string(h.settings.URL), strings.NewReader(body))
	if err != nil {
		return refuse("make the request: the URL is not valid")
	}
	if body != "" {
		r.Header.Set("Content-Type", h.settings.ContentType)
	}
	r.Header.Set("Idempotency-Key", m.Key)
	for name, value := range h.settings.Headers {
		r.Header.Set(name, value)
	}
	for name, header := range h.settings.SecretHeaders {
		r.Header.Set(name, string(header.Value))
	}
	_, _, err = h.client.do(ctx, r)
	return err
}

// body returns what is sent. What was to be JSON and is none would be misunderstood at
// best: the receiver gets what it would without a template, in which nothing is missing.
func (h *generic) body(m Message) (string, error) {
	switch {
	case h.settings.Method == http.MethodGet:
		return "", nil
	case h.settings.Body == "":
		return asPosted(m)
	}
	body, err := m.in(h.words).TryText(h.settings.Body, m.Notification)
	switch {
	case isJSON(h.settings.ContentType):
		if err == nil && !json.Valid([]byte(body)) {
			err = errors.New("it makes no JSON; let it write each text through toJson")
		}
		if err != nil {
			h.complain(m.Key, err)
			return asPosted(m)
		}
	case err != nil:
		return "", refuse("fill in the body: %w", err)
	case strings.HasPrefix(h.settings.ContentType, "text/plain"):
		return m.Noted(body), nil
	}
	return body, nil
}

// asPosted returns the notification as Alertmanager posts it.
func asPosted(m Message) (string, error) {
	body, err := json.Marshal(m.Notification)
	if err != nil {
		return "", refuse("write the notification as JSON: %w", err)
	}
	return string(body), nil
}

// complain logs, at most once a minute, what is wrong with the template.
func (h *generic) complain(key string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.complained.IsZero() && time.Since(h.complained) < time.Minute {
		return
	}
	h.complained = time.Now()
	h.logger.Warn("The template of the body is of no use, so Alertmanager's own JSON is sent", "key", key, "err", err)
}

func isJSON(contentType string) bool {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	return mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}
