package matrix

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"

	"github.com/rs/zerolog"
)

// libraryLog takes what mautrix logs into our log. Its lines may contain requests
// whole; only what is known to be harmless gets through. Without a log nothing does.
func libraryLog(log *slog.Logger) zerolog.Logger {
	if log == nil {
		return zerolog.Nop()
	}
	level := zerolog.WarnLevel
	if log.Enabled(context.Background(), slog.LevelDebug) {
		level = zerolog.DebugLevel
	}
	return zerolog.New(lines{log}).Level(level)
}

type lines struct{ log *slog.Logger }

// harmlessFields are numbers, and words of the library and of the protocol.
var harmlessFields = []string{"component", "method", "status_code", "duration", "attempt", "retry_in", "algorithm", "withheld_code", "otk_count", "count"}

// idFields are hashed by whoever writes the log.
var idFields = []string{"room_id", "event_id"}

// Write takes one line of JSON.
func (l lines) Write(line []byte) (int, error) { return l.WriteLevel(zerolog.NoLevel, line) }

// WriteLevel takes one line of JSON of a level. What the library finds worth a
// warning is mostly somebody else's broken client: it is logged a level lower.
func (l lines) WriteLevel(level zerolog.Level, line []byte) (int, error) {
	to := slog.LevelDebug
	switch {
	case level >= zerolog.ErrorLevel && level < zerolog.NoLevel:
		to = slog.LevelWarn
	case level == zerolog.WarnLevel:
		to = slog.LevelInfo
	}
	ctx := context.Background()
	var fields map[string]any
	if !l.log.Enabled(ctx, to) || json.Unmarshal(line, &fields) != nil {
		return len(line), nil
	}
	said, _ := fields[zerolog.MessageFieldName].(string)
	attrs := []slog.Attr{slog.String("library", "mautrix"), slog.String("said", said)}
	for key, value := range fields {
		switch {
		case slices.Contains(harmlessFields, key):
			attrs = append(attrs, slog.Any(key, value))
		case slices.Contains(idFields, key):
			if id, ok := value.(string); ok {
				attrs = append(attrs, slog.String(key, id))
			}
		}
	}
	slices.SortFunc(attrs[2:], func(a, b slog.Attr) int { return slices.Compare([]byte(a.Key), []byte(b.Key)) })
	l.log.LogAttrs(ctx, to, "from the Matrix library", attrs...)
	return len(line), nil
}
