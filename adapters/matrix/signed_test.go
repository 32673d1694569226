package matrix

import "testing"

// What a client learns of the bot's device together with a key has to bear its
// owner's signature: it may not have looked the device up yet.
func TestTheBotKnowsTheSignatureOfItsDeviceFromTheFirstStartOn(t *testing.T) {
	r := newRobot(t).start()
	for range 2 {
		mach := r.a.crypto.Machine()
		keys, err := mach.GetOwnCrossSigningPublicKeys(t.Context())
		if err != nil || keys == nil {
			t.Fatal(keys, err)
		}
		sigs, err := mach.CryptoStore.GetSignaturesForKeyBy(t.Context(), r.a.me, mach.GetAccount().SigningKey(), r.a.me)
		if err != nil || sigs[keys.SelfSigningKey] == "" {
			t.Errorf("no signature: %d signatures, %v", len(sigs), err)
		}
		r.again()
	}
}
