package web

import (
	"net/http"
	"path"
	"strings"

	"postrider/feed"
)

// feed serves the feed that lies at the request's own path.
func (s *Server) feed(w http.ResponseWriter, r *http.Request) error {
	wanted := strings.TrimPrefix(r.URL.Path, s.base+"/")
	for _, f := range s.Feeds {
		if f.Path != wanted {
			continue
		}
		w.Header().Set("Access-Control-Allow-Origin", "*") // readers that run in a browser
		return newAsset(mediaType(f.Path), f.Data).serve(w, r)
	}
	return notFound("no_feed")
}

func mediaType(feedPath string) string {
	for _, f := range feed.Formats() {
		if path.Base(feedPath) == f.FileName() {
			return f.MediaType()
		}
	}
	return "application/octet-stream"
}
