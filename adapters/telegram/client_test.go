package telegram

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestParametersAreSentAsJSON(t *testing.T) {
	p := params{
		"chat_id": "-100123", "text": "[1] <b>&\"\\\n\u2028\xff 5", "caption": "true", "message_id": "7", "entities": `[{"type":"bold"}]`,
		"disable_notification": "true", "from_chat_id": "@channel", "offset": "007", "limit": "", "url": "12",
	}
	var got map[string]any
	if err := json.Unmarshal(bodyOf(p), &got); err != nil {
		t.Fatalf("%v in %s", err, bodyOf(p))
	}
	want := map[string]any{
		"chat_id": float64(-100123), "text": "[1] <b>&\"\\\n\u2028\ufffd 5", "caption": "true", "message_id": float64(7),
		"entities": []any{map[string]any{"type": "bold"}}, "disable_notification": true, "from_chat_id": "@channel", "offset": "007", "limit": "", "url": "12",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if s := string(bodyOf(nil)); s != "{}" {
		t.Errorf("nothing became %s", s)
	}
}
