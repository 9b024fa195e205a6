// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/discovery"
)

// ask runs an HTTP until its first change, and ends it.
func ask(t *testing.T, file string, sources ...discovery.Source) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	h := discovery.NewHTTP(discovery.HTTPOptions{Changed: stop, File: file, Logger: slog.New(slog.DiscardHandler)})
	h.Update(sources)
	require.NoError(t, h.Run(ctx))
	require.NotEmpty(t, h.Targets())
}

func TestTargetsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newInventory("tcp://a:1", "tcp://b:2"))
	source := discovery.Source{URL: server.URL + "?token=s3cret", Client: config.DefaultHTTPClientConfig}
	file := filepath.Join(t.TempDir(), "discovery.json")
	ask(t, file, source)
	server.Close()

	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NotContains(t, string(text), "s3cret")

	again := discovery.NewHTTP(discovery.HTTPOptions{File: file, Logger: slog.New(slog.DiscardHandler)})
	other := source
	other.URL = "http://127.0.0.1:1/"
	again.Update([]discovery.Source{other, source})
	labels := map[string]string{"__service": "shop"}
	require.Equal(t, []discovery.Target{{URL: "tcp://a:1", Labels: labels}, {URL: "tcp://b:2", Labels: labels}}, again.Targets(),
		"the source is away, and its targets stay")
}

func TestMemoryThatCannotBeRead(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "discovery.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"sources": {"`), 0o600))
	var log bytes.Buffer
	h := discovery.NewHTTP(discovery.HTTPOptions{File: file, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	h.Update([]discovery.Source{{URL: "http://127.0.0.1:1/", Client: config.DefaultHTTPClientConfig}})
	require.Empty(t, h.Targets())
	require.Contains(t, log.String(), "Targets of an earlier run are forgotten")
}
