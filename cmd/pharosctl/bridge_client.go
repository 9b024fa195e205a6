// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/pharos-status/pharos/bridge"
	"github.com/pharos-status/pharos/internal/schema"
)

const lettersPath = "/bridge/v1/dead-letters"

// A bridgeClient asks a bridge that runs.
type bridgeClient struct{ client }

func newBridgeClient() bridgeClient {
	return bridgeClient{client{peer: peer{
		name: "bridge", listens: "Where the bridge listens.", usual: "http://127.0.0.1:9642", address: settingOperationsURL,
		token: "webhook.token of bridge.yml", secret: settingBridgeTokenFile,
		start: "start pharos_bridge, or name the operations listener of pharos, such as --url=http://127.0.0.1:9640",
	}}}
}

// list returns the dead letters of a channel, or of all if it is empty.
func (c *bridgeClient) list(ctx context.Context, channel string) (all []bridge.DeadLetter, err error) {
	path := lettersPath
	if channel != "" {
		path += "?channel=" + url.QueryEscape(channel)
	}
	body, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, fmt.Errorf("list dead letters: %s answers otherwise than a bridge: %w", c.url, err)
	}
	return all, nil
}

// send sends a dead letter again, and returns what has become of it.
func (c *bridgeClient) send(ctx context.Context, id uint64) (done string, err error) {
	body, err := c.do(ctx, http.MethodPost, idPath(id)+"/send", nil)
	if err != nil {
		return "", err
	}
	var answer struct {
		Status string `json:"status"`
	}
	if json.Unmarshal(body, &answer) == nil && answer.Status == schema.OutcomeOvertaken {
		return "removed: it reminds of what is over, or there has been newer word since", nil
	}
	return "sent again", nil
}

func (c *bridgeClient) discard(ctx context.Context, id uint64) (done string, err error) {
	_, err = c.do(ctx, http.MethodDelete, idPath(id), nil)
	return "discarded", err
}
