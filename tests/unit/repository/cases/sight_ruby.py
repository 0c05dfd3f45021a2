# ruff: noqa: E501 - a tree a line, read sideways
"""Ruby: Rails of several ages, small frameworks, workers, gems."""

from cases import DISK, case, either, like

WEB = {"language": "ruby", "kind": "web", "package_manager": "bundler"}
RAILS = {**WEB, "framework": "rails"}
APPLICATION = "require_relative 'boot'\nrequire 'rails/all'\nBundler.require(*Rails.groups)\nmodule Shop\n  class Application < Rails::Application\n    config.load_defaults 7.1\n  end\nend\n"
PUMA = "threads 5, 5\nport ENV.fetch('PORT') { 3000 }\nplugin :tmp_restart\n"
PG = "default: &default\n  adapter: postgresql\n  encoding: unicode\n  pool: 5\ndevelopment:\n  <<: *default\n  database: shop_development\ntest:\n  <<: *default\n  database: shop_test\nproduction:\n  <<: *default\n  database: shop_production\n  username: shop\n  password: <%= ENV['SHOP_DATABASE_PASSWORD'] %>\n"
SERVER = like(r"rails (server|s)\b", r"puma\b.*")


def rails(gems, database=PG, at="", **more):
    lock = "GEM\n  remote: https://example.org/\n  specs:\n" + "".join(
        f"    {g.split()[0]} (1.0.0)\n" for g in gems
    )
    return {
        f"{at}Gemfile": "source 'https://example.org'\nruby '3.2.2'\n"
        + "".join(f"gem '{g}'\n" for g in gems),
        f"{at}Gemfile.lock": lock,
        f"{at}config/application.rb": APPLICATION,
        f"{at}config/environment.rb": "require_relative 'application'\nRails.application.initialize!\n",
        f"{at}config.ru": "require_relative 'config/environment'\nrun Rails.application\n",
        f"{at}config/database.yml": database,
        f"{at}config/puma.rb": PUMA,
        f"{at}config/routes.rb": "Rails.application.routes.draw do\n  root 'home#index'\nend\n",
        f"{at}bin/rails": "#!/usr/bin/env ruby\n",
        f"{at}Rakefile": "require_relative 'config/application'\nRails.application.load_tasks\n",
        f"{at}app/models/post.rb": "class Post < ApplicationRecord\nend\n",
        f"{at}app/controllers/home_controller.rb": "class HomeController < ApplicationController\n  def index\n  end\nend\n",
        **more,
    }


CASES = [
    case("a-rails7-pg", rails(["rails", "pg", "puma", "importmap-rails", "sprockets-rails", "bootsnap"]), **RAILS, start=SERVER, needs=["postgresql"], optional_needs=[], runtime_version="3.2.2"),
    case("a-rails8-sqlite-solid", rails(["rails", "sqlite3", "puma", "propshaft", "solid_cache", "solid_queue", "solid_cable", "kamal", "thruster"], "default: &default\n  adapter: sqlite3\n  pool: 5\ndevelopment:\n  <<: *default\n  database: storage/development.sqlite3\nproduction:\n  primary:\n    <<: *default\n    database: storage/production.sqlite3\n  cache:\n    <<: *default\n    database: storage/production_cache.sqlite3\n", **{".ruby-version": "ruby-3.3.6\n", "config/cable.yml": "development:\n  adapter: async\nproduction:\n  adapter: solid_cable\n", "config/routes.rb": "Rails.application.routes.draw do\n  get 'up' => 'rails/health#show', as: :rails_health_check\nend\n", "config/deploy.yml": "service: shop\nimage: me/shop\nservers:\n  web:\n    - 192.168.0.1\n", "Dockerfile": "FROM ruby:3.3.6-slim\nENTRYPOINT [\"/rails/bin/docker-entrypoint\"]\nEXPOSE 80\nCMD [\"./bin/thrust\", \"./bin/rails\", \"server\"]\n"}),
         **RAILS, start=SERVER, needs=either(["persistent-disk"], []), optional_needs=DISK, health_path="/up"),
    case("a-rails5-mysql", rails(["rails", "mysql2", "puma", "sass-rails", "uglifier", "turbolinks"], "default: &default\n  adapter: mysql2\n  username: root\n  password:\n  host: <%= ENV['DB_HOST'] || 'localhost' %>\ndevelopment:\n  <<: *default\n  database: dev\nproduction:\n  <<: *default\n  database: prod\n"), **RAILS, start=SERVER, needs=["mysql"], optional_needs=[]),
    case("a-rails-api-sidekiq", rails(["rails", "pg", "puma", "sidekiq", "redis", "rack-cors"], **{"config/initializers/sidekiq.rb": "Sidekiq.configure_server do |config|\n  config.redis = { url: ENV['REDIS_URL'] }\nend\n", "config/sidekiq.yml": ":queues:\n  - default\n", "Procfile": "web: bundle exec puma -C config/puma.rb\nworker: bundle exec sidekiq -C config/sidekiq.yml\nrelease: bundle exec rails db:migrate\n", "app/jobs/x_job.rb": "class XJob\n  include Sidekiq::Job\nend\n"}),
         **RAILS, start="bundle exec puma -C config/puma.rb", needs=either(["postgresql", "redis"], ["redis", "postgresql"]), optional_needs=[]),
    case("a-rails-mongoid", {k: v for k, v in rails(["rails", "mongoid", "puma"], "", **{"config/mongoid.yml": "production:\n  clients:\n    default:\n      uri: <%= ENV['MONGODB_URI'] %>\n", "app/models/post.rb": "class Post\n  include Mongoid::Document\nend\n"}).items() if not k.endswith("database.yml")}, **RAILS, start=SERVER, needs=["mongodb"], optional_needs=[]),
    case("a-rails-sqlite-dev-pg-prod", {**rails(["rails", "puma"], "development:\n  adapter: sqlite3\n  database: db/development.sqlite3\nproduction:\n  adapter: postgresql\n  url: <%= ENV['DATABASE_URL'] %>\n"), "Gemfile": "source 'https://example.org'\nruby '3.0.0'\ngem 'rails', '~> 6.1'\ngem 'puma'\ngroup :development, :test do\n  gem 'sqlite3'\nend\ngroup :production do\n  gem 'pg'\nend\n"}, **RAILS, start=SERVER, needs=["postgresql"], optional_needs=[]),
    case("a-rails-jsbundling-yarn", rails(["rails", "pg", "puma", "jsbundling-rails", "cssbundling-rails"], **{"package.json": '{"name": "app", "private": true, "dependencies": {"esbuild": "^0.17", "@hotwired/turbo-rails": "7"}, "scripts": {"build": "esbuild app/javascript/*.* --bundle --outdir=app/assets/builds"}}', "yarn.lock": "# yarn lockfile v1\n", "Procfile.dev": "web: bin/rails server -p 3000\njs: yarn build --watch\n"}), **RAILS, start=SERVER, needs=["postgresql"]),
    case("a-rails-subfolder-vue", {**rails(["rails", "pg", "puma"], at="api/"), "client/package.json": '{"dependencies": {"vue": "3"}, "devDependencies": {"vite": "5"}, "scripts": {"dev": "vite", "build": "vite build"}}', "client/src/main.js": "import {createApp} from 'vue'\n", "client/index.html": "<div id=app>", "README.md": "x"}, **RAILS, path="api", start=SERVER, needs=["postgresql"]),
    case("a-rails-actioncable-redis-s3-prod", rails(["rails", "pg", "puma", "redis", "aws-sdk-s3"], **{"config/cable.yml": "development:\n  adapter: async\nproduction:\n  adapter: redis\n  url: <%= ENV.fetch('REDIS_URL') { 'redis://localhost:6379/1' } %>\n", "config/storage.yml": "local:\n  service: Disk\n  root: <%= Rails.root.join('storage') %>\namazon:\n  service: S3\n  bucket: <%= ENV['S3_BUCKET'] %>\n", "config/environments/production.rb": "Rails.application.configure do\n  config.active_storage.service = :amazon\nend\n", "app/channels/chat_channel.rb": "class ChatChannel < ApplicationCable::Channel\nend\n"}),
         **RAILS, start=SERVER, needs=either(["object-storage", "postgresql", "redis"], ["postgresql", "redis", "object-storage"])),
    case("a-sinatra-app-rb", {"Gemfile": "source 'https://example.org'\ngem 'sinatra'\ngem 'puma'\n", "Gemfile.lock": "GEM\n  specs:\n    puma (6.0)\n    sinatra (3.0)\n", "app.rb": "require 'sinatra'\n\nset :bind, '0.0.0.0'\nset :port, ENV['PORT'] || 4567\n\nget '/' do\n  'Hello'\nend\n"}, **WEB, framework="sinatra", start=like(r"^(bundle exec )?ruby app\.rb"), needs=[], health_path="/"),
    case("a-sinatra-modular-sequel", {"Gemfile": "source 'https://example.org'\nruby '3.1.0'\ngem 'sinatra'\ngem 'sequel'\ngem 'pg'\ngem 'puma'\n", "config.ru": "require './app'\nrun App\n", "app.rb": "require 'sinatra/base'\nrequire 'sequel'\nDB = Sequel.connect(ENV.fetch('DATABASE_URL'))\nclass App < Sinatra::Base\n  get '/healthz' do\n    'ok'\n  end\nend\n"}, **WEB, framework="sinatra", start=like(r"rackup.*PORT", r"puma.*"), needs=["postgresql"], health_path="/healthz"),
    case("a-rack-only", {"Gemfile": "source 'https://example.org'\ngem 'rack'\ngem 'puma'\n", "config.ru": "run ->(env) { [200, {'content-type' => 'text/plain'}, ['hello']] }\n"}, **WEB, framework="rack", start=like(r"rackup.*PORT", r"puma"), needs=[], health_path="/"),
    case("a-hanami2", {"Gemfile": "source 'https://example.org'\ngem 'hanami', '~> 2.1'\ngem 'hanami-router'\ngem 'puma'\ngem 'rom-sql'\ngem 'pg'\n", "config.ru": "require 'hanami/boot'\nrun Hanami.app\n", "config/app.rb": "require 'hanami'\nmodule Bookshelf\n  class App < Hanami::App\n  end\nend\n", "config/providers/persistence.rb": "Hanami.app.register_provider :persistence do\n  prepare do\n    config = ROM::Configuration.new(:sql, target['settings'].database_url)\n  end\nend\n", "config/settings.rb": "class Settings < Hanami::Settings\n  setting :database_url, constructor: Types::String\nend\n", "config/routes.rb": "class Routes < Hanami::Routes\n  root to: 'home.index'\nend\n"}, **WEB, framework="hanami", start=like(r"hanami server", r"puma", r"rackup"), needs=["postgresql"]),
    case("a-roda", {"Gemfile": "source 'https://example.org'\ngem 'roda'\ngem 'puma'\n", "config.ru": "require 'roda'\nclass App < Roda\n  route do |r|\n    r.root { 'hi' }\n  end\nend\nrun App.freeze.app\n"}, **WEB, framework="roda", start=like(r"puma", r"rackup.*PORT"), needs=[]),
    case("a-grape-api", {"Gemfile": "source 'https://example.org'\ngem 'grape'\ngem 'puma'\n", "config.ru": "require_relative 'api'\nrun API\n", "api.rb": "require 'grape'\nclass API < Grape::API\n  format :json\n  get :status do\n    { ok: true }\n  end\nend\n"}, **WEB, framework="grape", start=like(r"puma", r"rackup.*PORT"), needs=[], health_path="/status"),
    case("a-gem-dummy-rails", {"widgets.gemspec": "Gem::Specification.new do |s|\n  s.name = 'widgets'\n  s.version = '0.1'\n  s.files = Dir['lib/**/*']\n  s.add_dependency 'rails', '>= 6'\nend\n", "Gemfile": "source 'https://example.org'\ngemspec\ngem 'sqlite3'\n", "lib/widgets.rb": "require 'widgets/engine'\n", "lib/widgets/engine.rb": "module Widgets\n  class Engine < ::Rails::Engine\n  end\nend\n", "test/dummy/config/application.rb": APPLICATION, "test/dummy/config.ru": "run Rails.application\n", "test/dummy/config/database.yml": PG, "test/dummy/bin/rails": "#!/usr/bin/env ruby\n"}, language="ruby", kind="library", package_manager="bundler", needs=[], start=None),
    case("a-ruby-gem-exe", {"todo.gemspec": "Gem::Specification.new do |spec|\n  spec.name = 'todo'\n  spec.bindir = 'exe'\n  spec.executables = ['todo']\n  spec.add_dependency 'thor'\nend\n", "Gemfile": "source 'https://example.org'\ngemspec\n", "exe/todo": "#!/usr/bin/env ruby\nrequire 'todo'\nTodo::CLI.start\n", "lib/todo.rb": "require 'thor'\n"}, language="ruby", kind=either("cli", "library"), package_manager="bundler", needs=[]),
    case("a-ruby-bot", {"Gemfile": "source 'https://example.org'\ngem 'telegram-bot-ruby'\n", "bot.rb": "require 'telegram/bot'\nTelegram::Bot::Client.run(ENV['TOKEN']) do |bot|\n  bot.listen { |m| }\nend\n", "Procfile": "worker: bundle exec ruby bot.rb\n"}, language="ruby", kind="worker", package_manager="bundler", processes={"worker": "bundle exec ruby bot.rb"}, needs=[]),
    case("a-ruby-script", {"fizzbuzz.rb": "1.upto(100) { |i| puts i }\n"}, language="ruby", kind="cli", framework=None, package_manager=either(None, "bundler"), needs=[], start="ruby fizzbuzz.rb"),
    case("a-sidekiq-standalone", {"Gemfile": "source 'https://example.org'\ngem 'sidekiq'\n", "worker.rb": "require 'sidekiq'\nclass Hard\n  include Sidekiq::Job\n  def perform(x)\n    puts x\n  end\nend\n", "README.md": "bundle exec sidekiq -r ./worker.rb\n"}, language="ruby", kind="worker", package_manager="bundler", start=like(r"sidekiq -r \./worker\.rb"), needs=["redis"]),
]  # fmt: skip
