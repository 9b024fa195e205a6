// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/blackbox"
	"github.com/pharos-status/pharos/collector/module"
)

// outcomes returns the numbers of the probes, with a ! on those that failed.
func outcomes(entries []blackbox.Entry) string {
	var words []string
	for _, e := range entries {
		word := strconv.FormatInt(e.ID, 10)
		if !e.Success {
			word += "!"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestHistoryKeepsFailuresLonger(t *testing.T) {
	t.Parallel()
	server := listen(t, "tcp", "127.0.0.1:0", banner("hello\n"))
	good, bad := server.Addr().String(), closedPort(t)
	h := handler(t, simple) // its history is of 3
	for _, c := range []struct{ target, want string }{
		{bad, "0!"},
		{good, "1 0!"},
		{good, "2 1 0!"},
		{good, "3 2 1 0!"},
		{good, "4 3 2 0!"},
		{bad, "5! 4 3 0!"},
		{bad, "6! 5! 4 0!"},
		{bad, "7! 6! 5! 0!"},
		{bad, "8! 7! 6! 5! 0!"},
		{bad, "9! 8! 7! 6! 5! 0!"},
		{bad, "10! 9! 8! 7! 6! 5!"},
	} {
		require.Equal(t, http.StatusOK, ask(t, h, "module", "tcp", "target", c.target).Code)
		require.Equal(t, c.want, outcomes(h.history.Recent()))
	}
	last := h.history.Recent()[0]
	require.Equal(t, "tcp", last.Module)
	require.Equal(t, bad, last.Target)
	require.Contains(t, last.Problem, "refused")
	require.Positive(t, last.Took)
	require.False(t, last.At.IsZero())
}

func TestHistoryOfNothing(t *testing.T) {
	t.Parallel()
	all := modules(t, simple)
	for _, history := range []*blackbox.History{blackbox.NewHistory(-1), nil} {
		o := options(func() map[string]*module.Module { return all })
		o.History = history
		require.Equal(t, http.StatusOK, ask(t, blackbox.NewHandler(o), "target", closedPort(t)).Code)
		if history != nil {
			require.Empty(t, history.Recent())
		}
	}
}

func TestLogs(t *testing.T) {
	t.Parallel()
	h := handler(t, simple)
	target := closedPort(t)
	ask(t, h, "module", "tcp", "target", target)
	for name, c := range map[string]struct {
		parameters []string
		code       int
		says       string
	}{
		"by id":          {[]string{"id", "0"}, http.StatusOK, "by module tcp"},
		"by target":      {[]string{"target", target, "module", "tcp"}, http.StatusOK, "by module tcp"},
		"another id":     {[]string{"id", "1"}, http.StatusNotFound, "no such probe"},
		"another module": {[]string{"target", target, "module", "icmp"}, http.StatusNotFound, "no such probe"},
		"no number":      {[]string{"id", "x"}, http.StatusBadRequest, "Which probe?"},
		"nothing":        {nil, http.StatusBadRequest, "Which probe?"},
	} {
		w := ask(t, h.history, c.parameters...)
		require.Equal(t, c.code, w.Code, name)
		require.Contains(t, w.Body.String(), c.says, name)
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"), name)
	}
}
