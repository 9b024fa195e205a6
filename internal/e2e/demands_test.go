// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What the services demand of a request, by their documentation.

func decode(r received, into any) error {
	if got := r.Header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") {
		return fmt.Errorf("the content type is %q", got)
	}
	d := json.NewDecoder(strings.NewReader(string(r.body)))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// check returns an error that names each condition that does not hold.
func check(conditions map[string]bool) (err error) {
	for name, holds := range conditions {
		if !holds {
			err = errors.Join(err, errors.New("not so: "+name))
		}
	}
	return err
}

// demandPagerDuty: https://developer.pagerduty.com/docs/send-alert-event
func demandPagerDuty(r received, firing bool) error {
	var e struct {
		RoutingKey string `json:"routing_key"`
		Action     string `json:"event_action"`
		DedupKey   string `json:"dedup_key"`
		Client     string `json:"client"`
		ClientURL  string `json:"client_url"`
		Links      []struct{ Href, Text string }
		Payload    struct {
			Summary, Source, Severity, Class, Component, Group string
			Timestamp                                          string
			CustomDetails                                      map[string]any `json:"custom_details"`
		}
	}
	if err := decode(r, &e); err != nil {
		return err
	}
	action := map[bool]string{true: "trigger", false: "resolve"}[firing]
	return check(map[string]bool{
		"the routing key has 32 characters": len(e.RoutingKey) == 32,
		"the action is " + action:           e.Action == action,
		"the key has up to 255 characters":  e.DedupKey != "" && len(e.DedupKey) <= 255,
		"the summary has up to 1024":        e.Payload.Summary != "" && utf8.RuneCountInString(e.Payload.Summary) <= 1024,
		"there is a source":                 e.Payload.Source != "",
		"the severity is one of four":       slices.Contains([]string{"critical", "error", "warning", "info"}, e.Payload.Severity),
		"a link has an address":             len(e.Links) == 1 && strings.HasPrefix(e.Links[0].Href, "https://"),
	})
}

// demandSlack: https://api.slack.com/reference/messaging/attachments
func demandSlack(r received, firing bool) error {
	var m struct {
		Username    string
		Text        string
		Attachments []struct {
			Title, Text, Fallback, Color, Footer string
			TitleLink                            string   `json:"title_link"`
			CallbackID                           string   `json:"callback_id"`
			MrkdwnIn                             []string `json:"mrkdwn_in"`
		}
	}
	if err := decode(r, &m); err != nil {
		return err
	}
	if len(m.Attachments) != 1 {
		return fmt.Errorf("%d attachments", len(m.Attachments))
	}
	a := m.Attachments[0]
	color := map[bool]string{true: "danger", false: "good"}[firing]
	return check(map[string]bool{
		"there is a title":       a.Title != "" && a.Title == a.Fallback,
		"there is a text":        a.Text != "",
		"the color is " + color:  a.Color == color,
		"the title has a link":   strings.HasPrefix(a.TitleLink, "https://"),
		"few people are patient": len(a.Text) < 1000,
	})
}

// demandTelegram: https://core.telegram.org/bots/api#sendmessage
func demandTelegram(r received, _ bool) error {
	var m map[string]string
	if err := decode(r, &m); err != nil {
		return err
	}
	_, err := strconv.ParseInt(m["chat_id"], 10, 64)
	return check(map[string]bool{
		"the chat is a number":          err == nil,
		"the text has 1 to 4096":        m["text"] != "" && utf8.RuneCountInString(m["text"]) <= 4096,
		"nothing in the text is markup": m["parse_mode"] == "" && strings.Contains(m["text"], "& <b>"),
	})
}

// demandPushover: https://pushover.net/api
func demandPushover(r received, firing bool) error {
	q := r.URL.Query()
	key := regexp.MustCompile(`^[A-Za-z0-9]{30}$`)
	urgent := q.Get("priority") == "2"
	return check(map[string]bool{
		"token and user have 30 characters": key.MatchString(q.Get("token")) && key.MatchString(q.Get("user")),
		"the message has 1 to 1024":         q.Get("message") != "" && utf8.RuneCountInString(q.Get("message")) <= 1024,
		"the title has up to 250":           q.Get("title") != "" && utf8.RuneCountInString(q.Get("title")) <= 250,
		"the url has up to 512":             strings.HasPrefix(q.Get("url"), "https://") && len(q.Get("url")) <= 512,
		"the outage rings":                  urgent == firing,
		"retry is at least 30 s":            q.Get("retry") == "60",
		"expire is up to 3 hours":           q.Get("expire") == "3600",
	})
}

// demandWebex: https://developer.webex.com/docs/api/v1/messages/create-a-message
func demandWebex(r received, _ bool) error {
	var m struct{ RoomID, Markdown string }
	if err := decode(r, &m); err != nil {
		return err
	}
	return check(map[string]bool{
		"the bot says who it is":  r.Header.Get("Authorization") == "Bearer secret-of-the-bot",
		"there is a room":         m.RoomID != "",
		"the text has up to 7439": m.Markdown != "" && len(m.Markdown) <= 7439,
	})
}

// demandTeams: https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
func demandTeams(r received, firing bool) error {
	var m struct {
		Type        string
		Attachments []struct {
			ContentType string
			ContentURL  *string
			Content     struct {
				Schema  string `json:"$schema"`
				Type    string
				Version string
				Body    []struct {
					Type, Text, Weight, Size, Style, Color string
					Wrap                                   bool
				}
				Msteams struct{ Width string }
			}
		}
	}
	if err := decode(r, &m); err != nil {
		return err
	}
	if len(m.Attachments) != 1 || len(m.Attachments[0].Content.Body) != 2 {
		return errors.New("not one card of two blocks")
	}
	card := m.Attachments[0]
	color := map[bool]string{true: "Attention", false: "Good"}[firing]
	return check(map[string]bool{
		"it is a message":               m.Type == "message",
		"with an adaptive card":         card.ContentType == "application/vnd.microsoft.card.adaptive" && card.Content.Type == "AdaptiveCard",
		"the title is colored":          card.Content.Body[0].Color == color && card.Content.Body[0].Text != "",
		"the text wraps":                card.Content.Body[1].Wrap && card.Content.Body[1].Text != "",
		"the address has its signature": r.URL.Query().Get("sig") == "secret",
	})
}

// demandVigil: the body of Vigil's own webhook.
func demandVigil(r received, firing bool) error {
	if firing {
		return demandVigilOf(r, "changed", "dead", 7)
	}
	return demandVigilOf(r, "changed", "healthy", 0)
}

func demandVigilOf(r received, kind, status string, replicas int) error {
	var m struct {
		Type, Status, Time string
		Replicas           []string
		Page               struct{ Title, URL string }
	}
	if err := decode(r, &m); err != nil {
		return err
	}
	wrong := slices.ContainsFunc(m.Replicas, func(id string) bool {
		return !strings.HasPrefix(id, "web-vigil-webhook:api:tcp://10.0.0.")
	})
	return check(map[string]bool{
		"the type is " + kind:       m.Type == kind,
		"the status is " + status:   m.Status == status,
		"the time is one of a day":  regexp.MustCompile(`^\d\d:\d\d:\d\d UTC[+-]\d{4}$`).MatchString(m.Time),
		"the dead replicas are all": len(m.Replicas) == replicas && m.Replicas != nil && !wrong,
		"the page is named":         m.Page.Title != "" && m.Page.URL != "",
	})
}
