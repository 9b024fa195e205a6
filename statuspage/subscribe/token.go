// SPDX-License-Identifier: Apache-2.0

package subscribe

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/pharos-status/pharos/statuspage/store"
)

// newID returns the ID of a subscriber, which says nothing of anybody.
func newID() string { return strings.ToLower(rand.Text()[:16]) }

// secretPrefix is how Standard Webhooks marks a secret to sign with.
const secretPrefix = "whsec_"

// newSecret returns what the subscriber's links and the messages to a webhook are
// signed with.
func newSecret() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(b[:])
}

// Token returns what the links of a subscriber hold: whoever has it reads the mail,
// or the messages, of that address.
func Token(x store.Subscriber) string {
	return x.ID + "." + base64.RawURLEncoding.EncodeToString(proof(x))
}

func proof(x store.Subscriber) []byte {
	sum := hmac.New(sha256.New, []byte(x.Secret))
	sum.Write([]byte("link of subscriber " + x.ID))
	return sum.Sum(nil)[:16]
}

func splitToken(token string) (id string, proof []byte, ok bool) {
	id, text, ok := strings.Cut(token, ".")
	if !ok || id == "" || len(token) > 100 {
		return "", nil, false
	}
	proof, err := base64.RawURLEncoding.DecodeString(text)
	return id, proof, err == nil
}

func proves(x store.Subscriber, given []byte) bool { return hmac.Equal(proof(x), given) }
