package matrix

import (
	"context"
	"fmt"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/sqlstatestore"

	"parley/bot/store"
)

// MakeTables makes the tables that are kept in the store for this network, as
// the first start would, so that a backup can be put into them.
func MakeTables(ctx context.Context, s *store.Store) error {
	db, err := dbutil.NewWithDB(s.DB(), s.Engine())
	if err != nil {
		return err
	}
	if err := crypto.NewSQLCryptoStore(db, dbutil.NoopLogger, "", "", nil).DB.Upgrade(ctx); err != nil {
		return fmt.Errorf("tables of keys: %w", err)
	}
	if err := sqlstatestore.NewSQLStateStore(db, dbutil.NoopLogger, false).Upgrade(ctx); err != nil {
		return fmt.Errorf("tables of rooms: %w", err)
	}
	return nil
}

// OfDevice tells whether a row of the store belongs to the bot's device rather
// than to its account. Without those rows the next start makes a new device.
func OfDevice(table string, row map[string]any) bool {
	switch table {
	case "crypto_account", "crypto_olm_message_hash", "crypto_megolm_inbound_session", "crypto_secrets":
		return true
	case "kept":
		return row["key"] == keptSession
	}
	return false
}
