# Required first by every Ruby below otel-run, through RUBYOPT: loads the official gem, if there is one for this
# interpreter. Whatever goes wrong here, the program goes on as without us.
begin
  gem = "opentelemetry-auto-instrumentation"
  folder = ENV["OTEL_RUN_RUBY"]
  tool = %w[gem irb rdoc ri rubocop].include?(File.basename($0))
  if folder && ENV["OTEL_RUN_ACTIVE"] && !ENV["OTEL_RUN_DISABLE"] && !tool && !ENV["OTEL_RUBY_ADDITIONAL_GEM_PATH"]
    require "rbconfig"
    own = "#{RUBY_ENGINE}-#{RbConfig::CONFIG['ruby_version']}-#{RUBY_PLATFORM}"
    gems = [File.join(folder, own), folder].find { |place| File.directory?(File.join(place, "gems")) }
    files = gems ? Dir.glob(File.join(gems, "gems", gem + "-*", "lib", gem + ".rb")) : []
    newest = files.max_by { |file| file[/-(\d[\d.]*)/, 1].to_s.split(".").map(&:to_i) }
    if newest
      begin
        ENV["OTEL_RUBY_ADDITIONAL_GEM_PATH"] = gems
        require newest
      ensure
        # What this program starts decides for itself.
        ENV.delete("OTEL_RUBY_ADDITIONAL_GEM_PATH")
      end
    end
  end
rescue SignalException
  raise
rescue Exception => error
  unless ENV["OTEL_RUN_QUIET"]
    text = error.message.lines.first.to_s.strip
    $stderr.write("otel-run: Ruby is not instrumented: #{error.class}: #{text}\n") rescue nil
  end
end
