package post

import (
	"path"
	"strings"
)

// MediaType guesses the media type of what is most often enclosed, by the
// address's extension; "" if it is another. It is a table of our own because
// that of the system differs between machines, and feeds must not.
func MediaType(address string) string {
	if end := strings.IndexAny(address, "?#"); end >= 0 {
		address = address[:end]
	}
	switch strings.ToLower(path.Ext(address)) {
	case ".mp3":
		return "audio/mpeg"
	case ".m4a":
		return "audio/mp4"
	case ".ogg", ".oga", ".opus": // Opus in a file is Ogg (RFC 7845, section 9)
		return "audio/ogg"
	case ".flac":
		return "audio/flac"
	case ".mp4", ".m4v":
		return "video/mp4"
	case ".webm":
		return "video/webm"
	case ".pdf":
		return "application/pdf"
	case ".epub":
		return "application/epub+zip"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	}
	return ""
}
