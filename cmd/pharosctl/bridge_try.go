// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/configdir"
)

const bridgeTestHelp = `Send a test message by a channel of bridge.yml, and print what happened.

Each recipient of the channel is told once, at once, or those named by
--recipient. The bridge need not run, and learns nothing of it: nothing is kept,
and nothing is tried again. Exits with 1 if a recipient was not reached.

  pharosctl bridge test oncall-sms --config.dir=/etc/pharos
  pharosctl bridge test oncall-sms --config.file=bridge.yml \
    --recipient=+41790000000`

// A trial is what bridge test is asked to do.
type trial struct {
	channel    string
	file       string // bridge.yml; empty: the one in dir
	dir        string
	recipients []string // empty: all
}

// bridgeTest adds the subcommand bridge test.
func bridgeTest(group *kingpin.CmdClause, stdout, stderr io.Writer) actions {
	cmd := group.Command("test", bridgeTestHelp)
	var t trial
	cmd.Arg("channel", "Name of the channel.").Required().StringVar(&t.channel)
	cmd.Flag("config.dir", "The configuration folder, with bridge.yml and, for the name of the page, statuspage.yml.").Default(".").StringVar(&t.dir)
	cmd.Flag("config.file", "The bridge's file alone, instead of the folder.").PlaceHolder("FILE").StringVar(&t.file)
	cmd.Flag("recipient", "Tell this recipient alone. May be repeated.").StringsVar(&t.recipients)
	return actions{cmd.FullCommand(): func(ctx context.Context) error { return t.run(ctx, stdout, stderr) }}
}

func (t *trial) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	c, settings, err := t.load(log)
	if err != nil {
		return err
	}
	ch, err := settings.Settings().Open(channel.Options{Name: t.channel, Words: c.Words(), Logger: log})
	if err != nil {
		return fmt.Errorf("open channel %s: %w", t.channel, err)
	}
	defer func() { err = errors.Join(err, ch.Close()) }()
	recipients, err := t.choose(ch.Recipients())
	if err != nil {
		return err
	}
	failed := 0
	for _, recipient := range recipients {
		happened, ok := send(ctx, ch, recipient, webhook.Test(t.channel, time.Now()), time.Duration(settings.Delivery.Timeout))
		if !ok {
			failed++
		}
		if _, err := fmt.Fprintf(stdout, "%s %s\n", recipient, happened); err != nil {
			return fmt.Errorf("print the result: %w", err)
		}
	}
	if failed > 0 {
		return &app.Exit{Code: 1}
	}
	return nil
}

// load reads the configuration, and finds the channel in it.
func (t *trial) load(log *slog.Logger) (*config.Config, *config.Channel, error) {
	o, file := config.Options{Logger: log}, t.file
	if file == "" {
		file = filepath.Join(t.dir, "bridge.yml")
		o.PageTitle, o.PageURL = configdir.Page(t.dir)
	}
	c, err := config.Load(file, o)
	if err != nil {
		return nil, nil, err
	}
	if ch := c.Channel(t.channel); ch != nil {
		return c, ch, nil
	}
	names := make([]string, len(c.Channels))
	for i, ch := range c.Channels {
		names[i] = ch.Name
	}
	return nil, nil, fmt.Errorf("%s has no channel %q; it has %s", file, t.channel, listed(names))
}

// choose returns those of a channel's recipients who are to be told.
func (t *trial) choose(all []string) ([]string, error) {
	for _, r := range t.recipients {
		if !slices.Contains(all, r) {
			return nil, fmt.Errorf("channel %s has no recipient %q; it has %s", t.channel, r, listed(all))
		}
	}
	if len(t.recipients) > 0 {
		return t.recipients, nil
	}
	return all, nil
}

func listed(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// send tells one recipient, and says what came of it.
func send(ctx context.Context, ch channel.Channel, recipient string, n *webhook.Notification, timeout time.Duration) (happened string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var key [16]byte
	_, _ = rand.Read(key[:]) // never fails
	began := time.Now()
	err := ch.Send(ctx, recipient, channel.Message{Notification: n, Key: hex.EncodeToString(key[:])})
	problem, told := errors.AsType[*channel.Error](err)
	switch {
	case err == nil:
		return fmt.Sprintf("delivered in %.1fs", time.Since(began).Seconds()), true
	case errors.Is(err, channel.ErrSkipped):
		return "skipped: " + printable(err.Error()), true
	case told && problem.Refused:
		return "refused: " + printable(err.Error()), false
	case told && problem.Unsure:
		return "perhaps delivered; the bridge would try again: " + printable(err.Error()), false
	}
	return "not delivered; the bridge would try again: " + printable(err.Error()), false
}
