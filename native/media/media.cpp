// Figment's bridge to OpenCV: pictures between memory and memory, nothing else.
//
// The managed side has already read the header, checked it against the pixel limit and stripped every part of the file
// that is not picture data, so each function knows the exact size of its result and writes into the caller's buffer.
// Pixels are 8 bits, interleaved, rows top to bottom without padding: 1 = grey, 3 = RGB, 4 = RGBA.
// Every function returns 0, or 1 with a text in figment_media_error(). No exception leaves this file.

#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <cstdint>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#define FIGMENT_API extern "C" __attribute__((visibility("default")))

namespace {

thread_local std::string lastError;

int quiet(int, const char*, const char*, const char*, int, void*) { return 0; }

// Runs once, when the library is loaded: results must not depend on a thread count, and faults are reported to the
// caller and not to stderr.
struct Setup {
    Setup() {
        cv::setNumThreads(1);
        cv::redirectError(quiet);
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    }
} const setup;

template <typename Body>
int guarded(Body body) noexcept {
    try {
        body();
        return 0;
    } catch (const cv::Exception& fault) {
        lastError = fault.err.empty() ? fault.what() : fault.err;
    } catch (const std::exception& fault) {
        lastError = fault.what();
    } catch (...) {
        lastError = "unknown native exception";
    }
    return 1;
}

int pixelType(int channels) {
    switch (channels) {
    case 1: return CV_8UC1;
    case 3: return CV_8UC3;
    case 4: return CV_8UC4;
    default: throw std::invalid_argument("channels must be 1, 3 or 4");
    }
}

// A view of the caller's pixels; OpenCV allocates nothing for it.
cv::Mat view(const uint8_t* pixels, int width, int height, int channels) {
    if (pixels == nullptr || width <= 0 || height <= 0) throw std::invalid_argument("empty picture");
    return cv::Mat(height, width, pixelType(channels), const_cast<uint8_t*>(pixels));
}

// OpenCV keeps blue first. The code that takes `from` channels in its order to `to` channels in ours, -1 for a copy.
int toOurs(int from, int to) {
    if (from == 1) return to == 1 ? -1 : to == 3 ? cv::COLOR_GRAY2RGB : cv::COLOR_GRAY2RGBA;
    if (from == 3) return to == 1 ? cv::COLOR_BGR2GRAY : to == 3 ? cv::COLOR_BGR2RGB : cv::COLOR_BGR2RGBA;
    if (from == 4) return to == 1 ? cv::COLOR_BGRA2GRAY : to == 3 ? cv::COLOR_BGRA2RGB : cv::COLOR_BGRA2RGBA;
    throw std::runtime_error("unexpected channel count " + std::to_string(from));
}

void copyInto(const cv::Mat& source, cv::Mat& target) {
    const uint8_t* expected = target.data;
    source.copyTo(target);
    if (target.data != expected) throw std::runtime_error("the picture does not fit the buffer it was announced for");
}

cv::Mat toOpenCv(const cv::Mat& ours) {
    cv::Mat theirs;
    if (ours.channels() == 1) return ours;
    cv::cvtColor(ours, theirs, ours.channels() == 3 ? cv::COLOR_RGB2BGR : cv::COLOR_RGBA2BGRA);
    return theirs;
}

int interpolation(int method) {
    switch (method) {
    case 0: return cv::INTER_AREA;
    case 1: return cv::INTER_LINEAR;
    case 2: return cv::INTER_CUBIC;
    case 3: return cv::INTER_NEAREST;
    default: throw std::invalid_argument("unknown interpolation");
    }
}

}  // namespace

// The text of the last fault on this thread; valid until the next call on this thread.
FIGMENT_API const char* figment_media_error() { return lastError.c_str(); }

FIGMENT_API const char* figment_media_version() { return CV_VERSION; }

// Decodes one PNG or JPEG of exactly width x height into `pixels` with the wanted number of channels.
// The orientation tag is not applied here. 16-bit samples are scaled to 8 bits.
FIGMENT_API int figment_media_decode(const uint8_t* file, int64_t length, int width, int height, int channels,
                                     uint8_t* pixels) {
    return guarded([&] {
        if (file == nullptr || length <= 0 || length > INT32_MAX)
            throw std::invalid_argument("empty or oversized file");
        const cv::Mat input(1, static_cast<int>(length), CV_8UC1, const_cast<uint8_t*>(file));
        cv::Mat decoded = cv::imdecode(input, cv::IMREAD_UNCHANGED);
        if (decoded.empty()) throw std::runtime_error("the decoder could not read the picture data");
        if (decoded.cols != width || decoded.rows != height)
            throw std::runtime_error("the decoder found another size than the header declares");
        if (decoded.depth() == CV_16U) {
            cv::Mat narrow;
            decoded.convertTo(narrow, CV_8U, 1.0 / 257.0);
            decoded = narrow;
        }
        if (decoded.depth() != CV_8U) throw std::runtime_error("unexpected sample type");
        cv::Mat target = view(pixels, width, height, channels);
        const int code = toOurs(decoded.channels(), channels);
        if (code < 0) {
            copyInto(decoded, target);
        } else {
            cv::Mat converted;
            cv::cvtColor(decoded, converted, code);
            copyInto(converted, target);
        }
    });
}

// Resizes; method 0 = area, 1 = linear, 2 = cubic, 3 = nearest.
FIGMENT_API int figment_media_resize(const uint8_t* source, int width, int height, int channels, uint8_t* target,
                                     int newWidth, int newHeight, int method) {
    return guarded([&] {
        const cv::Mat from = view(source, width, height, channels);
        cv::Mat to = view(target, newWidth, newHeight, channels);
        cv::Mat resized;
        cv::resize(from, resized, to.size(), 0, 0, interpolation(method));
        copyInto(resized, to);
    });
}

// Encodes as PNG (format 0, quality = compression level 0 to 9) or JPEG (format 1, quality 1 to 100). The caller reads
// *data and *length, then gives *handle back to figment_media_release.
FIGMENT_API int figment_media_encode(const uint8_t* pixels, int width, int height, int channels, int format,
                                     int quality, void** handle, const uint8_t** data, int64_t* length) {
    return guarded([&] {
        const cv::Mat ours = view(pixels, width, height, channels);
        if (format == 1 && channels == 4) throw std::invalid_argument("JPEG has no transparency: convert to RGB first");
        if (format != 0 && format != 1) throw std::invalid_argument("unknown picture format");
        const int setting = format == 0 ? cv::IMWRITE_PNG_COMPRESSION : cv::IMWRITE_JPEG_QUALITY;
        const std::vector<int> settings = {setting, quality};
        auto* bytes = new std::vector<uint8_t>();
        try {
            if (!cv::imencode(format == 0 ? ".png" : ".jpg", toOpenCv(ours), *bytes, settings))
                throw std::runtime_error("the encoder refused the picture");
        } catch (...) {
            delete bytes;
            throw;
        }
        *handle = bytes;
        *data = bytes->data();
        *length = static_cast<int64_t>(bytes->size());
    });
}

// Writes a line of printable ASCII letters whose baseline begins at (x, y); what lies outside the picture is cut off. The
// colour has as many values as the picture has channels; *width is the text's in pixels. No pixels: only measures.
FIGMENT_API int figment_media_text(uint8_t* pixels, int width, int height, int channels, const char* text, int x, int y,
                                   double scale, const uint8_t* colour, int* textWidth) {
    return guarded([&] {
        constexpr int font = cv::FONT_HERSHEY_SIMPLEX;
        if (text == nullptr || textWidth == nullptr) throw std::invalid_argument("no text");
        int baseline = 0;
        *textWidth = cv::getTextSize(text, font, scale, 1, &baseline).width;
        if (pixels == nullptr) return;
        cv::Scalar ink;
        for (int c = 0; c < channels && c < 4; ++c) ink[c] = colour[c];
        cv::Mat target = view(pixels, width, height, channels);
        cv::putText(target, text, {x, y}, font, scale, ink, 1, cv::LINE_AA);
    });
}

FIGMENT_API void figment_media_release(void* handle) { delete static_cast<std::vector<uint8_t>*>(handle); }
