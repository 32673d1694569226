package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Values of a backup: what JSON can say stands as it is, bytes as {"b": base64},
// times as {"t": RFC 3339}. What a column takes depends on the engine, so each
// value is made fit for the column it goes to.

// isBinary tells whether a column of a type holds bytes rather than text.
func isBinary(column string) bool {
	column = strings.ToUpper(column)
	return column == "BYTEA" || column == "BLOB"
}

// written is a value of a column of a type as a backup holds it.
func written(v any, column string) any {
	switch v := v.(type) {
	case []byte:
		if !isBinary(column) && utf8.Valid(v) {
			return string(v) // JSON, which a driver takes for bytes
		}
		return map[string]string{"b": base64.StdEncoding.EncodeToString(v)}
	case string:
		if !utf8.ValidString(v) {
			return written([]byte(v), column)
		}
	case time.Time:
		return map[string]string{"t": v.UTC().Format(time.RFC3339Nano)}
	}
	return v
}

// readAs makes a value of a backup fit for a column of a type.
func readAs(v any, column string) (any, error) {
	column = strings.ToUpper(column)
	binary := isBinary(column)
	switch v := v.(type) {
	case map[string]any:
		return readTagged(v, binary)
	case bool:
		if strings.Contains(column, "INT") {
			if v {
				return int64(1), nil
			}
			return int64(0), nil
		}
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			return v.Float64()
		}
		if strings.HasPrefix(column, "BOOL") {
			return n != 0, nil
		}
		return n, nil
	case string:
		if binary {
			return []byte(v), nil
		}
	}
	return v, nil
}

func readTagged(v map[string]any, binary bool) (any, error) {
	if text, ok := v["t"].(string); ok {
		return time.Parse(time.RFC3339Nano, text)
	}
	text, ok := v["b"].(string)
	if !ok {
		return nil, fmt.Errorf("a value of no known kind")
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err == nil && !binary {
		return string(data), nil // as text, or as JSON
	}
	return data, err
}
