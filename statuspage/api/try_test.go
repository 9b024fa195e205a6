// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTokensAreTriedSeldom(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	tried := 0
	e.try = func(_ *http.Request, right func() bool) (bool, time.Duration) {
		if tried++; tried > 2 {
			return false, 1500 * time.Millisecond
		}
		return right(), 0
	}
	for _, path := range []string{"/manager/announcements", "/manager/v1/announcements"} {
		tried = 0
		nobody := request(http.MethodGet, path, "")
		nobody.Header.Del("Authorization")
		require.Equal(t, http.StatusUnauthorized, e.do(nobody).Code)
		require.Zero(t, tried, "no token is no attempt")

		require.Equal(t, http.StatusOK, e.do(request(http.MethodGet, path, "")).Code)
		wrong := request(http.MethodGet, path, "")
		wrong.SetBasicAuth("", "wrong")
		require.Equal(t, http.StatusUnauthorized, e.do(wrong).Code)

		w := e.do(request(http.MethodGet, path, ""))
		require.Equal(t, http.StatusTooManyRequests, w.Code, "also with the right one, or it could be guessed")
		require.Equal(t, "2", w.Header().Get("Retry-After"))
		require.Contains(t, w.Body.String(), "too many wrong tokens")
	}
}
