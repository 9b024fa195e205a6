// SPDX-License-Identifier: Apache-2.0

package words

import (
	"encoding/json"

	"github.com/pharos-status/pharos/bridge/webhook"
)

// parsed returns the notification as it is when it was received.
func parsed(n *webhook.Notification) *webhook.Notification {
	body, err := json.Marshal(n)
	if err != nil {
		panic(err)
	}
	if n, err = webhook.Parse(body); err != nil {
		panic(err)
	}
	return n
}
