// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"context"
	"errors"
	"net/http"
	"slices"

	promconfig "github.com/prometheus/common/config"
	"golang.org/x/net/http/httpguts"

	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/configfile"
)

// HTTP are the settings of a channel that makes a request of any kind, for what
// has no channel of its own.
type HTTP struct {
	URL           configfile.Secret           `yaml:"url"`
	URLFile       string                      `yaml:"url_file"`
	Method        string                      `yaml:"method"` // POST, PUT, PATCH or GET
	Headers       map[string]string           `yaml:"headers"`
	SecretHeaders map[string]SecretHeader     `yaml:"secret_headers"`
	Body          string                      `yaml:"body"` // template; empty: the notification as Alertmanager posts it
	ContentType   string                      `yaml:"content_type"`
	Idempotent    bool                        `yaml:"idempotent"` // the receiver heeds the header Idempotency-Key
	HTTP          promconfig.HTTPClientConfig `yaml:"http_config"`
}

// A SecretHeader is the value of a header that nobody is shown.
type SecretHeader struct {
	Value     configfile.Secret `yaml:"value"`
	ValueFile string            `yaml:"value_file"`
}

// Check implements [Settings].
func (h *HTTP) Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors {
	c := checker{file: f, path: p, words: w}
	c.secretURL(&h.URL, h.URLFile)
	if h.Method == "" {
		h.Method = http.MethodPost
	}
	if !slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodGet}, h.Method) {
		c.errorf("method", "%q is none of POST, PUT, PATCH and GET", h.Method)
	}
	if h.ContentType == "" {
		h.ContentType = "application/json"
	}
	if !httpguts.ValidHeaderFieldValue(h.ContentType) {
		c.errorf("content_type", "not the value of a header; write one such as application/json")
	}
	c.template("body", &h.Body, "")
	c.client(&h.HTTP)
	return c.errs
}

// Open implements [Settings].
func (h *HTTP) Open(o Options) (Channel, error) { return &generic{settings: h, o: o}, nil }

type generic struct {
	settings *HTTP
	o        Options
}

func (h *generic) Recipients() []string { return []string{"http"} }

func (h *generic) Send(ctx context.Context, _ string, m Message) error {
	return errors.ErrUnsupported
}

func (h *generic) Keyed() bool { return h.settings.Idempotent }

func (h *generic) Close() error { return nil }
