// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/pharos-status/pharos/internal/testkit"
)

// A phone is the API of an SMS service, as far as a text may get through it.
type phone struct {
	*httptest.Server
	away atomic.Bool // it answers 503
	mu   sync.Mutex
	got  []sms
}

type sms struct{ to, body string }

// The account with the SMS service.
const (
	accountSID = "AC0123456789abcdef0123456789abcdef"
	authToken  = "secret-of-the-account"
)

func newPhone(t testing.TB) *phone {
	t.Helper()
	p := &phone{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if r.URL.Path == "/nowhere" {
			http.NotFound(w, r)
			return
		}
		user, password, _ := r.BasicAuth()
		if r.URL.Path != "/2010-04-01/Accounts/"+accountSID+"/Messages.json" || user != accountSID || password != authToken {
			t.Errorf("a request to %s by %s", r.URL.Path, user)
		}
		if from := r.PostFormValue("From"); from != "+15005550006" {
			t.Errorf("an SMS from %q", from)
		}
		p.mu.Lock()
		p.got = append(p.got, sms{r.PostFormValue("To"), r.PostFormValue("Body")})
		n := len(p.got)
		p.mu.Unlock()
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"sid": "SM%032d", "status": "queued"}`, n)
	}))
	t.Cleanup(p.Close)
	return p
}

// texts returns what a number has got.
func (p *phone) texts(number string) (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.got {
		if m.to == number {
			all = append(all, m.body)
		}
	}
	return all
}

// rings waits for a text to a number that begins so, and returns it.
func (p *phone) rings(t testing.TB, number, begins string) string {
	t.Helper()
	found := ""
	eventually(t, fmt.Sprintf("a text to %s begins with %q", number, begins), func() bool {
		for _, text := range p.texts(number) {
			if strings.HasPrefix(text, begins) {
				found = text
				return true
			}
		}
		return false
	})
	return found
}

const (
	alice = "+41790000001"
	bob   = "+41790000002"
)

// bridgeYML has a channel to the phone, and a dead letter for whoever wants one.
const bridgeYML = `
page: {title: The truth, url: "https://status.example.com/"}
delivery: {retry_wait: 100ms, retry_max: 500ms}
channels:
  - name: sms
    twilio: {account_sid: ` + accountSID + `, auth_token_file: twilio.token, from: "+15005550006", to: ["` + alice + `", "` + bob + `"], escalate: true, base_url: "PHONE"}
  - name: nowhere
    http: {url: "PHONE/nowhere"}
`

// TestFromATargetToAText kills a target, and waits for the text that arrives: by the
// engine in pharos, without a port for the bridge. The phone is away meanwhile, and
// pharos is killed: what was accepted arrives nevertheless, and in order.
func TestFromATargetToAText(t *testing.T) {
	t.Parallel()
	target, service := newTarget(t), newPhone(t)
	config, data := t.TempDir(), t.TempDir()
	write(t, config, "twilio.token", authToken+"\n")
	write(t, config, "bridge.yml", strings.ReplaceAll(bridgeYML, "PHONE", service.URL))
	write(t, config, "alertmanager.yml", `
route:
  receiver: sms
  group_by: [service]
  group_wait: 500ms
  group_interval: 1s
  repeat_interval: 4h
  routes:
    - {matchers: ['alertname = "PharosWatchdog"'], receiver: nobody}
receivers:
  - name: nobody
  - name: sms
    webhook_configs: [{url: "http://127.0.0.1:9642/bridge/v1/sms"}]
`)
	write(t, config, "exporter.yml", `
services:
  - id: web
    label: Web
    nodes:
      - {id: api, label: API, mode: poll, replicas: ["`+target.URL+`/"], poll: {interval: 200ms, timeout: 1s, sick_after: 500ms, retries: 0}}
`)
	a := startAllInOne(t, config, data)
	shows(t, a.page+"/status/text", "healthy")

	target.turn(true)
	for _, number := range []string{alice, bob} {
		text := service.rings(t, number, "web")
		for _, want := range []string{"dead since", "https://status.example.com/"} {
			if !strings.Contains(text, want) {
				t.Errorf("the text does not say %q:\n%s", want, text)
			}
		}
	}

	service.away.Store(true)
	target.turn(false)
	eventually(t, "the end is accepted for both", func() bool {
		_, body, err := get(a.ops + "/metrics")
		return err == nil && waiting.MatchString(body)
	})
	a.end(syscall.SIGKILL)
	service.away.Store(false)
	a = startAllInOne(t, config, data)
	for _, number := range []string{alice, bob} {
		service.rings(t, number, "Resolved: web")
		if first := service.texts(number)[0]; strings.HasPrefix(first, "Resolved") {
			t.Errorf("the end came before the beginning: %q", service.texts(number))
		}
	}
	shows(t, a.ops+"/metrics", `pharos_bridge_queue_length{channel="sms"} 0`)

	// The first reminder is for the first on the list, the second for both.
	for _, number := range []string{"1", "2"} {
		reminder := reminderOf("shop")
		reminder[0].Labels["reminder"] = number
		a.tell(t, reminder, true)
		service.rings(t, alice, "Reminder "+number)
	}
	service.rings(t, bob, "Reminder 2")
	if all := strings.Join(service.texts(bob), "\n"); strings.Contains(all, "Reminder 1") {
		t.Errorf("the second on the list got the first reminder:\n%s", all)
	}
	if strings.Contains(a.log.String(), authToken) || strings.Contains(mustGet(t, a.ops+"/config"), authToken) {
		t.Error("the secret of the account is shown")
	}
	a.stop(t)
}

// waiting finds messages to two or more recipients that wait.
var waiting = regexp.MustCompile(`pharos_bridge_queue_length\{channel="sms"\} ([2-9]|\d\d)`)

// TestABridgeApart has an Alertmanager of the machine, and as old as that is, tell the
// bridge, which wants a token.
func TestABridgeApart(t *testing.T) {
	t.Parallel()
	alertmanager, service := testkit.Program(t, "prometheus-alertmanager"), newPhone(t)
	config, pager, address := t.TempDir(), testkit.FreePort(t), testkit.FreePort(t)
	write(t, config, "twilio.token", authToken)
	write(t, config, "bridge.token", "secret-of-the-bridge")
	write(t, config, "bridge.yml", "webhook: {token_file: bridge.token}\n"+strings.ReplaceAll(bridgeYML, "PHONE", service.URL))
	write(t, config, "alertmanager.yml", `
route: {receiver: sms, group_wait: 100ms, group_interval: 1s, group_by: [service]}
receivers:
  - name: sms
    webhook_configs:
      - {url: "http://`+address+`/bridge/v1/sms", http_config: {authorization: {credentials_file: bridge.token}}}
      - {url: "http://`+address+`/bridge/v1/nowhere", http_config: {authorization: {credentials_file: bridge.token}}}
`)
	bridge := start(t, ours("pharos_bridge"), "--config.file="+config+"/bridge.yml", "--storage.path="+t.TempDir(), "--web.listen-address="+address)
	answers(t, "http://"+address+"/-/ready")
	start(t, alertmanager, "--config.file="+config+"/alertmanager.yml", "--storage.path="+t.TempDir(), "--web.listen-address="+pager, "--cluster.listen-address=", "--web.route-prefix=/alertmanager")
	answers(t, "http://"+pager+"/alertmanager/-/ready")

	(&allInOne{ops: "http://" + pager}).tell(t, reminderOf("db"), true)
	service.rings(t, alice, "Reminder 1")

	// What was refused is a dead letter, which may be sent again, by those who may.
	var list string
	eventually(t, "there is a dead letter", func() bool {
		out, err := exec.Command(ours("pharosctl"), "bridge", "dead-letters", "list", "--url=http://"+address, "--token-file="+config+"/bridge.token").CombinedOutput()
		list = string(out)
		return err == nil && strings.Contains(list, "nowhere")
	})
	if !strings.Contains(list, "404") {
		t.Errorf("the list does not say why:\n%s", list)
	}
	if code, _, err := get("http://" + address + "/bridge/v1/dead-letters"); err != nil || code != http.StatusUnauthorized {
		t.Errorf("without the token: %d, %v", code, err)
	}
	for _, secret := range []string{authToken, "secret-of-the-bridge", url.QueryEscape(authToken)} {
		if strings.Contains(bridge.log.String(), secret) {
			t.Error("the log has a secret")
		}
	}
	bridge.stop(t)
}
