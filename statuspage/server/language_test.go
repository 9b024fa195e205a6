// SPDX-License-Identifier: Apache-2.0

package server

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Headers that somebody makes up push out those of browsers for a moment at most.
func TestInventedLanguagesAreForgotten(t *testing.T) {
	t.Parallel()
	l := newLanguages()
	const browser = "de-CH,de;q=0.9,en;q=0.8"
	for i := range 10 * maxLanguageHeaders {
		require.Equal(t, "fr", l.match("fr,x-"+strconv.Itoa(i)))
		require.Equal(t, "de", l.match(browser))
		require.Contains(t, l.known, browser)
		require.LessOrEqual(t, len(l.known)+len(l.old), 2*maxLanguageHeaders)
	}
}
