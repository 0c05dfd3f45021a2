// A small weather station: readings come in as JSON and go out as JSON or as a page.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"html/template"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-chi/chi/v5"
)

func main() {
	page := template.Must(template.ParseFiles("templates/page.html"))
	server := &http.Server{
		Addr:              ":" + port(),
		Handler:           routes(&station{}, page),
		ReadHeaderTimeout: 5 * time.Second,
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	go func() {
		<-stop.Done()
		if err := server.Shutdown(context.Background()); err != nil {
			log.Print(err)
		}
	}()
	log.Printf("listening on %s", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

func port() string {
	if value := os.Getenv("PORT"); value != "" {
		return value
	}
	return "8080"
}

func routes(readings *station, page *template.Template) http.Handler {
	router := chi.NewRouter()
	router.Get("/health", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	router.Get("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := page.Execute(w, readings.newest()); err != nil {
			log.Print(err)
		}
	})
	router.Get("/readings", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, readings.newest())
	})
	router.Post("/readings/{place}", func(w http.ResponseWriter, r *http.Request) {
		var given struct {
			Celsius *float64 `json:"celsius"`
		}
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1024)).Decode(&given)
		if err != nil || given.Celsius == nil {
			answer(w, http.StatusBadRequest, map[string]string{"error": "give {\"celsius\": 21.5}"})
			return
		}
		answer(w, http.StatusCreated, readings.add(chi.URLParam(r, "place"), *given.Celsius))
	})
	return router
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Print(err)
	}
}
