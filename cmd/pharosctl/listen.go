// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pharos-status/pharos/bridge/webhook"
	phrases "github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/internal/app"
)

const listenHelp = `Print what Alertmanager tells, until it is interrupted.

A receiver to see alerts arrive, and to try routes with: each notification is
printed as people would read it, and is then forgotten.

  pharosctl listen
  pharosctl listen --listen-address=127.0.0.1:9998

In alertmanager.yml, for the first of them:

  receivers:
    - name: terminal
      webhook_configs: [{url: "http://127.0.0.1:9999/"}]

Whoever reaches the address can make it print.`

// maxNotification bounds what one request may say, in bytes.
const maxNotification = 8 << 20

// A listener prints notifications. It is safe for concurrent use.
type listener struct {
	address string
	log     *slog.Logger
	words   *phrases.Words
	mu      sync.Mutex
	out     io.Writer
}

// listenCommand adds the subcommand listen.
func listenCommand(cli *app.Command, stdout, stderr io.Writer) actions {
	cmd := cli.Command("listen", listenHelp)
	l := &listener{out: stdout, log: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	cmd.Flag("listen-address", "Where Alertmanager posts to.").Default("127.0.0.1:9999").StringVar(&l.address)
	return actions{cmd.FullCommand(): l.run}
}

func (l *listener) run(ctx context.Context) (err error) {
	if l.words, err = phrases.New(phrases.Options{Location: time.Local, Logger: l.log}); err != nil { //nolint:gosmopolitan // of who sits before it
		return err
	}
	server, err := app.NewHTTPServer(app.HTTPOptions{
		Purpose: "notifications", Flag: "listen-address", Address: l.address, Handler: l, Logger: l.log,
	})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(l.out, "Alertmanager may post to %s/\n", server.URL()); err != nil {
		return fmt.Errorf("print the address: %w", err)
	}
	return app.Run(ctx, app.Part{Name: "notifications", Component: server})
}

// ServeHTTP takes what Alertmanager posts to a webhook, on any path.
func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		app.WriteText(w, http.StatusMethodNotAllowed, "Alertmanager posts its notifications to this address.\n")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotification))
	if err != nil {
		app.WriteText(w, http.StatusRequestEntityTooLarge, err.Error()+"\n")
		return
	}
	n, err := webhook.Parse(body)
	if err != nil {
		app.WriteText(w, http.StatusBadRequest, err.Error()+"\n")
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := fmt.Fprintf(l.out, "\n%s\n", strings.TrimSpace(l.words.Text(phrases.Body, n))); err != nil {
		app.WriteText(w, http.StatusInternalServerError, "print the notification: "+err.Error()+"\n")
	}
}
