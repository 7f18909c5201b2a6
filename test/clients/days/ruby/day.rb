# A day of the AWS SDK for Ruby. Reads its place as JSON from standard input and writes a line a step.
require "aws-sdk-s3"
require "digest"
require "json"
require "net/http"
require "openssl"

PLACE = JSON.parse($stdin.read)
BUCKET = PLACE["bucket"]
Aws.config.update(ssl_ca_bundle: PLACE["authority"], retry_limit: 0)

def client(access_key, secret_key)
  # docs: ruby
  Aws::S3::Client.new(
    endpoint: PLACE["endpoint"],
    region: PLACE["region"],
    access_key_id: access_key,
    secret_access_key: secret_key,
    force_path_style: true,
  )
  # end
end

S3 = client(PLACE["accessKey"], PLACE["secretKey"])
READER = client(PLACE["readerAccessKey"], PLACE["readerSecretKey"])
FOX = PLACE["fox"]

def step(name)
  outcome = { ok: true }.merge(yield)
rescue Aws::S3::Errors::ServiceError => error
  warn "#{name}: #{error.class} #{error.message}"
  outcome = { ok: false, code: error.code }
rescue StandardError => error
  warn "#{name}: #{error.class} #{error.message}"
  outcome = { ok: false, code: error.class.name }
ensure
  puts JSON.generate({ step: name, outcome: outcome })
  $stdout.flush
end

def text(key, client = S3)
  client.get_object(bucket: BUCKET, key: key).body.read
end

step("makes a bucket") { S3.create_bucket(bucket: BUCKET) && {} }
step("puts an object") do
  S3.put_object(bucket: BUCKET, key: "fox", body: FOX, metadata: { "colour" => "blue" })
  got = S3.get_object(bucket: BUCKET, key: "fox")
  { text: got.body.read, colour: got.metadata["colour"] }
end
step("puts with a checksum") do
  S3.put_object(bucket: BUCKET, key: "sum", body: FOX, checksum_algorithm: "SHA256")
  { text: text("sum") }
end
step("gets a range") { { text: S3.get_object(bucket: BUCKET, key: "fox", range: "bytes=4-8").body.read } }
step("uploads 20 MiB in parts") do
  object = Aws::S3::Object.new(BUCKET, "large", client: S3)
  object.upload_file(PLACE["large"], multipart_threshold: 5 * 1024 * 1024)
  { intact: Digest::SHA256.hexdigest(text("large")) == PLACE["largeSha256"] }
end
step("uploads a stream") do
  object = Aws::S3::Object.new(BUCKET, "stream", client: S3)
  object.upload_stream { |stream| stream << FOX }
  { text: text("stream") }
end
step("keeps odd keys") do
  keys = ["a b+c", "ä/ö", "q?x=1&y#z", "100%"]
  keys.each { |key| S3.put_object(bucket: BUCKET, key: "odd/#{key}", body: key) }
  { wrong: keys.reject { |key| text("odd/#{key}").force_encoding("UTF-8") == key } }
end
step("lists in pages") do
  sizes = []
  S3.list_objects_v2(bucket: BUCKET, prefix: "odd/", max_keys: 3).each { |page| sizes << page.contents.size }
  { sizes: sizes.join(" ") }
end
step("copies") do
  S3.copy_object(bucket: BUCKET, key: "copy", copy_source: "#{BUCKET}/fox")
  { text: text("copy") }
end
step("signs a link") do
  link = Aws::S3::Presigner.new(client: S3).presigned_url(:get_object, bucket: BUCKET, key: "fox")
  uri = URI(link)
  http = Net::HTTP.new(uri.host, uri.port)
  http.use_ssl = true
  http.ca_file = PLACE["authority"]
  { text: http.get(uri.request_uri).body }
end
step("posts a form") do
  form = Aws::S3::Bucket.new(BUCKET, client: S3).presigned_post(key: "form", content_length_range: 1..100)
  uri = URI(form.url)
  http = Net::HTTP.new(uri.host, uri.port)
  http.use_ssl = true
  http.ca_file = PLACE["authority"]
  post = Net::HTTP::Post.new(uri.request_uri)
  post.set_form(form.fields.to_a + [["file", FOX, { filename: "fox" }]], "multipart/form-data")
  { status: http.request(post).code, text: text("form") }
end
step("gets a missing key") { { text: text("missing") } }
step("reads with a reader's key") { { text: text("fox", READER) } }
step("writes with a reader's key") { READER.put_object(bucket: BUCKET, key: "refused", body: FOX) && {} }
step("uses a wrong secret") { { text: text("fox", client(PLACE["accessKey"], "wrong")) } }
step("deletes everything") do
  Aws::S3::Bucket.new(BUCKET, client: S3).objects.batch_delete!
  S3.delete_bucket(bucket: BUCKET)
  {}
end
