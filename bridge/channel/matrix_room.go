// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/url"
	"strings"

	"github.com/pharos-status/pharos/bridge/words"
)

// content returns the event of a message, as JSON. If both forms are too long for an
// event, the plain one goes alone: HTML can't be cut.
func (x *matrix) content(m Message) ([]byte, error) {
	event := matrixMessage{MsgType: "m.text", Body: m.fit(m.text(x.words, x.settings.Text, words.Body), matrixBody)}
	if m.Over || !m.Firing() {
		event.MsgType = "m.notice"
	}
	if formatted := strings.TrimSpace(m.in(x.words).HTML(x.settings.HTML, m.Notification)); formatted != "" {
		if m.Note != "" && !strings.Contains(formatted, html.EscapeString(m.Note)) {
			formatted += "<p>" + html.EscapeString(m.Note) + "</p>"
		}
		event.Format, event.FormattedBody = "org.matrix.custom.html", formatted
	}
	content, err := encodeEvent(event)
	if err == nil && len(content) > matrixEvent {
		event.Format, event.FormattedBody = "", ""
		content, err = encodeEvent(event)
	}
	if err != nil {
		return nil, refuse("write the message as JSON: %w", err)
	}
	return content, nil
}

// encodeEvent returns an event as JSON, in which < and > are as short as in HTML.
func encodeEvent(event matrixMessage) ([]byte, error) {
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(event)
	return content.Bytes(), err
}

// resolve returns the room that an alias leads to, and whether it was remembered.
func (x *matrix) resolve(ctx context.Context, alias string) (room string, remembered bool, err error) {
	x.mu.Lock()
	room, remembered = x.aliases[alias]
	x.mu.Unlock()
	if remembered {
		return room, true, nil
	}
	var answer struct {
		RoomID string `json:"room_id"`
	}
	err = x.call(ctx, http.MethodGet, "/directory/room/"+url.PathEscape(alias), nil, func(body []byte) bool {
		return json.Unmarshal(body, &answer) == nil && strings.HasPrefix(answer.RoomID, "!")
	})
	if err != nil {
		return "", false, unsent(err)
	}
	x.mu.Lock()
	x.aliases[alias] = answer.RoomID
	x.mu.Unlock()
	return answer.RoomID, false, nil
}

// unsent returns the error of a request that carried no message: whatever became of
// it, nobody was told.
func unsent(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		e.Unsure = false
	}
	return err
}

func (x *matrix) forget(alias string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.aliases, alias)
}
