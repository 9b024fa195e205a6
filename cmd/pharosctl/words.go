// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kingpin/v2"

	"github.com/pharos-status/pharos/internal/app"
)

// A words is a text for people, given by a flag, by a file or by standard input.
type words struct {
	cli        *app.Command
	text, file string
	given      bool
}

func (w *words) flags(cmd *kingpin.CmdClause, what string) {
	cmd.Flag("text", what+", in Markdown.").Short('m').IsSetByUser(&w.given).StringVar(&w.text)
	cmd.Flag("text-file", "File that holds it; - is standard input.").Short('F').PlaceHolder("FILE").SetValue(w.cli.File(&w.file))
}

// read returns the text, nil if none is given.
func (w *words) read(ctx context.Context, stdin io.Reader) (*string, error) {
	switch {
	case w.given && w.file != "":
		return nil, &app.Exit{Code: 2, Err: errors.New("both --text and --text-file are given; give one of them")}
	case w.given:
		return &w.text, nil
	case w.file == "":
		return nil, nil //nolint:nilnil // no text is given
	}
	const most = 200_000 // bytes; more than the status page takes
	text, err := readInput(ctx, func() (io.ReadCloser, error) {
		if w.file == stdinName {
			return io.NopCloser(stdin), nil
		}
		return os.Open(w.file)
	}, most)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the text: %w", err)
	case len(text) > most:
		return nil, fmt.Errorf("read the text: it is longer than %d bytes", most)
	}
	return new(string(text)), nil
}
