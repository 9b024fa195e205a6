// SPDX-License-Identifier: Apache-2.0

package status_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pharos-status/pharos/internal/status"
)

func TestTextRoundTrip(t *testing.T) {
	t.Parallel()
	for s := range status.All() {
		text, err := s.MarshalText()
		require.NoError(t, err)
		var back status.Status
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, s, back)
		require.Equal(t, s, status.FromSeverity(float64(s.Severity())))
	}
	var s status.Status
	require.EqualError(t, s.UnmarshalText([]byte("well")), `unknown status "well", want healthy, sick, dead or unknown`)
	require.Equal(t, status.Unknown, status.FromSeverity(1.5))
	require.Equal(t, "status(9)", status.Status(9).String())
}

func TestWorst(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		of   []status.Status
		want status.Status
	}{
		{nil, status.Unknown},
		{[]status.Status{status.Healthy}, status.Healthy},
		{[]status.Status{status.Healthy, status.Unknown}, status.Unknown},
		{[]status.Status{status.Unknown, status.Sick}, status.Sick},
		{[]status.Status{status.Dead, status.Sick, status.Healthy}, status.Dead},
	} {
		require.Equal(t, tc.want, status.Worst(slices.Values(tc.of)), "%v", tc.of)
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	require.Equal(t, "short", status.Shorten("short"))
	rapid.Check(t, func(t *rapid.T) {
		a := strings.Repeat("é", 100) + rapid.String().Draw(t, "a") + "x"
		b := strings.Repeat("é", 100) + rapid.String().Draw(t, "b") + "y"
		short := status.Shorten(a)
		if len(short) > status.MaxIDLength || !utf8.ValidString(short) {
			t.Fatalf("Shorten(%q) = %q, %d bytes", a, short, len(short))
		}
		if short == status.Shorten(b) {
			t.Fatalf("%q and %q get the same name", a, b)
		}
	})
}

func TestIDs(t *testing.T) {
	t.Parallel()
	node := status.NodeID{Service: "web", Node: "api"}
	id := node.Replica("tcp://a:80")
	require.Equal(t, "web:api:tcp://a:80", id.String())
	require.Equal(t, node, id.NodeID())
	require.Negative(t, id.Compare(node.Replica("tcp://b:80")))
	require.Positive(t, id.Compare(status.ID{Service: "mail", Node: "z", Replica: "z"}))
	require.Zero(t, id.Compare(node.Replica("tcp://a:80")))
}
