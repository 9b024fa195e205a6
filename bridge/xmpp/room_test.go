// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A roomScript is what a room answers to the stanzas that it gets, the first of them
// first. ID stands for the id of the stanza.
type roomScript []string

const (
	room110  = "<x xmlns='" + nsMUCUser + "'><status code='110'/></x>"
	welcomed = "<presence from='r@rooms.test/other'/><presence from='r@rooms.test/n'>" + room110 + "</presence>"
	taken    = "<presence type='error' id='ID' from='r@rooms.test/n'><error type='cancel'><conflict xmlns='" + nsStanzas + "'/></error></presence>"
	stranger = "<message type='error' id='ID' from='r@rooms.test'><error type='modify'><not-acceptable xmlns='" + nsStanzas + "'/></error></message>"
)

func reflected(nick, id string) string {
	return "<message type='groupchat' from='r@rooms.test/" + nick + "' id='" + id + "'><body>text</body></message>"
}

// TestOddRooms are rooms that do what Prosody's don't.
func TestOddRooms(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script roomScript
		want   string // error; empty: delivered
		unsure bool
	}{
		"as usual":         {roomScript{welcomed, reflected("n", "ID")}, "", false},
		"without statuses": {roomScript{"<presence from='r@rooms.test/n'/>", reflected("n", "ID")}, "", false},
		"changes ids":      {roomScript{welcomed, reflected("n", "other")}, "", false},
		"changes the nick": {roomScript{"<presence from='r@rooms.test/m'>" + room110 + "</presence>", reflected("m", "ID")}, "", false},
		"renames": {roomScript{welcomed, "<presence type='unavailable' from='r@rooms.test/n'><x xmlns='" + nsMUCUser + "'><item nick='m'/><status code='303'/><status code='110'/></x></presence>" +
			"<presence from='r@rooms.test/m'>" + room110 + "</presence>" + reflected("m", "ID")}, "", false},
		"third nick":     {roomScript{taken, taken, "<presence from='r@rooms.test/n-3'>" + room110 + "</presence>", reflected("n-3", "ID")}, "", false},
		"no nick left":   {roomScript{taken, taken, taken, taken, taken}, `join room r@rooms.test: somebody else in the room has our nick: "n-5"`, false},
		"forgets us":     {roomScript{welcomed, stranger, welcomed, reflected("n", "ID")}, "", false},
		"knows us never": {roomScript{welcomed, stranger, welcomed, stranger}, "send to room r@rooms.test: not-acceptable", false},
		"removes us":     {roomScript{welcomed, "<presence type='unavailable' from='r@rooms.test/n'/>"}, "send to room r@rooms.test: we were removed from the room", true},
		"others speak":   {roomScript{welcomed, reflected("other", "ID")}, "send to room r@rooms.test: the server does not answer: context deadline exceeded", true},
		"says nothing":   {roomScript{"<presence from='r@rooms.test/other'/>"}, "join room r@rooms.test: the server does not answer: context deadline exceeded", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, func(v *visit) {
				v.welcome()
				for _, answer := range test.script {
					v.say("%s", strings.ReplaceAll(answer, "ID", v.hear().get("id")))
				}
				v.hear()
			})
			wait := 10 * time.Second
			if strings.Contains(test.want, "deadline") {
				wait = time.Second
			}
			err := f.client(t, nil).GroupChat(within(t, wait), Room{JID: mustJID(t, "r@rooms.test"), Nick: "n"}, Message{ID: "m1", Body: "text"})
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, test.want)
			of, ok := errors.AsType[*Error](err)
			require.True(t, ok)
			require.Equal(t, test.unsure, of.Unsure)
		})
	}
}
